"""The desk: a local web app at which a person reviews a selection."""
