// Package disk is storage.Directory with the files of the operating system.
//
// A directory belongs to one process: Open takes an advisory lock (flock) on a hidden file in it, which the
// kernel gives back when the process ends, however it ends. Sync of a file is fdatasync where there is one. Room is
// reserved by writing zeros, since only blocks that have been written once can be written again without a change of
// the file's metadata.
package disk
