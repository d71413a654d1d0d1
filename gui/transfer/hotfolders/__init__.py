"""Hot folders: what is put into them goes to the appliance, once, and only then may it be moved or deleted."""
