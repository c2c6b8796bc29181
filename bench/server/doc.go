// Package server starts the servers that are compared, each as a cluster of one node on a free port of the loopback that
// owns all the slots and keeps nothing on disk, fills them with keys, and reads what the system tells of their processes.
package server
