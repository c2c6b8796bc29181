// Package gossip has one example of every breach, and beside it what is right.
//
// A line that the rules must report ends in a comment that says so; every other line must pass. The comment can point at
// another line by its distance, where it would itself change the meaning of its own.
package gossip
