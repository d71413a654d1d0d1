"""The ways to send a file to a store, by the name that the appliance gives them."""
