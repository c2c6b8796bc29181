// Few of these have to be compiled for another platform.
//
//go:build !386

package gossip

import (
	_ "context"       // want import
	_ "crypto/rand"   // want import
	_ "hash/maphash"  // want import
	_ "math/rand"     // want import
	_ "math/rand/v2"  // want import
	_ "net"           // want import
	_ "os"            // want import
	_ "path/filepath" // want import
	_ "runtime"       // want import
	_ "sync"          // want import
	_ "sync/atomic"   // want import
	_ "syscall"       // want import
	_ "unique"        // want import
	_ "unsafe"        // want import

	_ "encoding/binary"
	_ "net/netip"
	"runtime/debug"
	_ "unicode/utf8"

	_ "example.com/fixture/core/random"
	_ "example.com/fixture/core/resp" // want dependency
	_ "go.etcd.io/raft/v3"            // want dependency
)

func report() []byte { return debug.Stack() }

func collect() { debug.FreeOSMemory() } // want import
