"""Ids seen together: what links a subject to accounts, who passes it on, and what that makes of waiting hits."""
