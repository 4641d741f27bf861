"""The sample world of the demo: invented people and numbers, recorded by the same services as real ones."""
