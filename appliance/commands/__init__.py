"""The subcommands. Each module imports what is heavy when a command runs, so that --help answers at once."""
