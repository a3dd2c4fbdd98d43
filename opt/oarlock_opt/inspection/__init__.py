"""What ``oarlock inspect`` finds out about source models and .nb files, drawings and comparisons included."""
