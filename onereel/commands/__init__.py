"""The commands of the command line, by what they are for; ``onereel.cli`` puts them together."""
