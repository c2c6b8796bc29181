package core

// Version is Ember's own; the version of Redis whose behaviour it has is command.Version.
const Version = "0.1.0"
