"""The page: a trace as one HTML file that answers any address in the browser, and its still picture for notebooks."""
