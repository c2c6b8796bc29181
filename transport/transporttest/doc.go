// Package transporttest is the contract of transport.Bus as a test: every implementation passes Run.
//
// The suite knows nothing of time. It asks its Harness to let the network work until something has come about, so
// the same tests drive real sockets and a simulated network.
package transporttest
