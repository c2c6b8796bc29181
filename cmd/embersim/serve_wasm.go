package main

// hostCommands are those that need an operating system, of which WebAssembly has none. It keeps the program small that the
// determinism gate compiles.
type hostCommands struct{}
