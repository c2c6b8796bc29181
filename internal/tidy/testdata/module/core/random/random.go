// Package random is vocabulary.
package random

// Million is the whole.
const Million = 1_000_000
