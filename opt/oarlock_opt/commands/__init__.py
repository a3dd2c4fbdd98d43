"""The commands that oarlock-opt adds to ``oarlock``, one module each."""
