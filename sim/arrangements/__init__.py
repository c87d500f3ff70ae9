"""Arrangements: reading their files, and the parts they may switch on."""
