"""Pileus: an infrastructure cloud whose control plane is a thin API over Ansible."""

__version__ = "0.1.0"
