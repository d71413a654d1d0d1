"""An appliance's files mirrored here."""
