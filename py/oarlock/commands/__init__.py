"""The commands of the runtime, found by oarlock.cli through the entry-point group "oarlock.commands"."""
