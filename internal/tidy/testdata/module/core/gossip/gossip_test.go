package gossip

import (
	"os"
	"sync"
	"testing"
	"time"

	"example.com/fixture/core/resp"
	_ "github.com/alecthomas/kong" // want dependency
	_ "go.etcd.io/raft/v3"         // want dependency
	_ "pgregory.net/rapid"
)

func TestFree(t *testing.T) {
	var group sync.WaitGroup
	group.Go(func() { time.Sleep(1); _ = os.Getpid() })
	for range map[int]float64{} {
	}
	_ = resp.OK
}
