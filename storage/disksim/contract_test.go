package disksim_test

import (
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
	"github.com/ember-cluster/ember/storage/storagetest"
)

// harness is a disk whose process ends by itself: nothing is lost.
type harness struct{ disk *disksim.Disk }

func (h harness) Directory() storage.Directory { return h.disk }

func (h harness) Reopen() storage.Directory {
	h.disk.CrashAt(h.disk.CrashPoints() - 1)
	return h.disk
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Harness {
		return harness{disksim.New(random.New(1), disksim.DefaultTiming)}
	})
}
