"""A self-hosted media appliance: clients upload straight to object storage, links never change."""

__version__ = "0.1.0"
