"""`python -m deploy.check`: do the deployment pieces fit the product they deploy? Without Docker, in seconds.

Names in them (metrics, labels, tables, columns, settings, packages) are compared with the product as it is in this
checkout, since a renamed metric or column breaks a dashboard silently. One module a kind of piece; `__main__` puts them
together.
"""
