"""The phone network.

One interface for every gateway, and the gateways behind it.
"""
