"""The rules of the appliance as pure values: no I/O, no clock, no settings."""
