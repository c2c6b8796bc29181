package storage_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

// A scriptedLog is what a golden script acts on.
type scriptedLog struct {
	t    *testing.T
	disk *disksim.Disk
	log  *storage.Log
}

// TestGolden runs the scripts of testdata. Their verbs are
//
//	open [segment=<bytes>] [reserve=<bytes>]   opens the log, and prints what it recovers
//	append <record>...                         prints the positions
//	sync                                       prints the position up to which the log is durable
//	release <position>
//	crash [keep=<units>]                       loses what is not synced, but for so many units of CrashAt
//	exit                                       ends the process, nothing is lost
//	flip <file> <offset>                       inverts all bits of a byte
//	remove <file>
//	dump                                       draws all segments as they are visible
//	hex <file>                                 prints a segment's bytes
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &scriptedLog{t: t, disk: newDisk(1)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			text, err := s.run(d)
			if err != nil {
				text += fmt.Sprintf("error: %v\n", err)
			}
			if text == "" {
				return "ok\n"
			}
			return text
		})
	})
}

func (s *scriptedLog) run(d *datadriven.TestData) (string, error) {
	switch d.Cmd {
	case "open":
		return s.open(d)
	case "append":
		var text strings.Builder
		for _, record := range d.CmdArgs {
			position, err := s.log.Append([]byte(record.Key))
			if err != nil {
				return text.String(), err
			}
			fmt.Fprintf(&text, "%d %s\n", position, record.Key)
		}
		return text.String(), nil
	case "sync":
		upTo, err := s.log.Sync()
		return fmt.Sprintf("durable %d\n", upTo), err
	case "release":
		before, err := strconv.ParseUint(d.CmdArgs[0].Key, 10, 64)
		if err != nil {
			return "", err
		}
		return "", s.log.Release(before)
	case "crash":
		keep := 0
		d.MaybeScanArgs(s.t, "keep", &keep)
		s.disk.CrashAt(keep)
		return "", nil
	case "exit":
		s.disk.CrashAt(s.disk.CrashPoints() - 1)
		return "", nil
	case "flip":
		offset, err := strconv.ParseInt(d.CmdArgs[1].Key, 10, 64)
		if err != nil || !s.disk.Flip(d.CmdArgs[0].Key, offset, 0xff) {
			return "", fmt.Errorf("no such byte")
		}
		return "", nil
	case "remove":
		return "", s.disk.Remove(d.CmdArgs[0].Key)
	case "dump":
		return s.dump()
	case "hex":
		return s.hex(d.CmdArgs[0].Key)
	}
	return "", fmt.Errorf("unknown verb %q", d.Cmd)
}

func (s *scriptedLog) open(d *datadriven.TestData) (string, error) {
	options := storage.LogOptions{Name: "ember", Salt: 7}
	var text strings.Builder
	options.Recover = func(position uint64, record []byte) error {
		fmt.Fprintf(&text, "%d %s\n", position, record)
		return nil
	}
	var segment, reserve int
	d.MaybeScanArgs(s.t, "segment", &segment)
	d.MaybeScanArgs(s.t, "reserve", &reserve)
	options.SegmentSize, options.Reserve = int64(segment), int64(reserve)
	var err error
	s.log, err = storage.OpenLog(s.disk, options)
	return text.String(), err
}

func (s *scriptedLog) dump() (string, error) {
	names, err := s.disk.List()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, name := range names {
		data, err := s.bytes(name)
		if err != nil {
			return "", err
		}
		number, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(name, "ember-"), ".log"), 10, 64)
		fmt.Fprintf(&text, "%s, %d bytes\n%s", name, len(data), storage.Dump(data, number))
	}
	return text.String(), nil
}

func (s *scriptedLog) hex(name string) (string, error) {
	data, err := s.bytes(name)
	var text strings.Builder
	for at := 0; at < len(data); at += 16 {
		fmt.Fprintf(&text, "%4d  % x\n", at, data[at:min(at+16, len(data))])
	}
	return text.String(), err
}

func (s *scriptedLog) bytes(name string) ([]byte, error) {
	f, err := s.disk.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	_, err = f.ReadAt(data, 0)
	return data, err
}
