// Package storage is what Ember keeps on disk: the file port that it is written against, and the segmented log of
// checksummed records above that port.
//
// The port (Directory, File) is the little of a file system that the log needs. Two packages implement it:
// storage/disk with the operating system's files, storage/disksim in memory, with crashes and faults for the
// simulator. storage/storagetest is the contract that both pass.
package storage
