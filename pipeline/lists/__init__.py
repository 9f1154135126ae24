"""Lists that come as packages: their versions, and how they are looked up fast."""
