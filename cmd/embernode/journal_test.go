package main

import (
	"fmt"
	"slices"
	"testing"
)

// TestJournalSyncsAndReleases follows records until they are durable, and until their files are gone.
func TestJournalSyncsAndReleases(t *testing.T) {
	j, _, err := openJournal(t.TempDir(), 4096)
	if err != nil {
		t.Fatal(err)
	}
	durable := make(chan uint64, 100)
	j.start(func(position uint64) { durable <- position }, func(err error) { t.Error(err) })
	record := make([]byte, 3000) // two of them are more than a segment
	var last uint64
	for i := range 5 {
		record[0] = byte(i)
		if last, err = j.append(record); err != nil {
			t.Fatal(err)
		}
		for <-durable != last {
			continue
		}
		j.releaseBefore(last)
	}
	j.finish()
	names, err := j.directory.List()
	if err != nil || len(names) == 0 || slices.Contains(names, fmt.Sprintf("%s-000001.log", logName)) {
		t.Errorf("after record %d the files are %v (%v)", last, names, err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}
