"""What the appliance asks of the outside: small protocols whose docstrings are the contract."""
