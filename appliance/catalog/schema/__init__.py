"""The SQL of migration steps, a module for each topic."""
