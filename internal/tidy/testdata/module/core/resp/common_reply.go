// Package resp has a badly named file.
package resp // want name

// OK is the simple reply.
const OK = "OK"
