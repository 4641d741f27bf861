"""The gate page as a web app for an iPad, an iPhone or any browser: served by the server, run by the tablet."""
