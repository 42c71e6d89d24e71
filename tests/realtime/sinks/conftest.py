"""Lets the tests of sinks import `wire_samples`, which they share with their neighbours one folder up."""
