// Package raft stands in for etcd/raft.
package raft

// None is no node.
const None = 0
