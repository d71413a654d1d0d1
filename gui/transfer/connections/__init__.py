"""The appliances that a person uses: found, paired, kept with their keys."""
