// Package storagetest is the contract of storage.Directory and storage.File as a test, with the log above them: every
// implementation passes Run.
package storagetest
