package tidy

import (
	"path"
	"strings"
)

// row is what one package, or a family of them, may import beside the standard library.
type row struct {
	packages string   // a path below the module's root, or "path/**": that path and all below it
	ours     []string // packages of this module, in the same notation
	others   []string // import paths of other modules, each with all below it
}

// dependencies is the dependency table of the design: arrows go down only. The first row that matches a package counts.
var dependencies = []row{
	// Vocabulary: these know nothing of ours.
	{packages: "core/slots", others: []string{"github.com/sigurn/crc16"}},
	{packages: "core/wire"},
	{packages: "core/resp"},
	{packages: "core/redirect"},
	{packages: "core/random"},
	{packages: "core/marks"},

	// State.
	{packages: "core/topology", ours: []string{"core/slots", "core/wire", "core/resp"}},
	{packages: "core/keyspace", ours: []string{"core/slots", "core/wire", "core/random", "core/marks"}},
	{packages: "core/session", ours: []string{"core/resp"}},
	{packages: "core/command", ours: []string{
		"core/keyspace", "core/topology", "core/session", "core/slots", "core/resp", "core/redirect", "core/wire", "core/random", "core/marks"}},

	// Protocols: never one another. core composes them.
	{packages: "core/gossip", ours: []string{"core/wire", "core/random", "core/marks"}},
	{packages: "core/consensus", ours: []string{"core/wire", "core/random"}, others: []string{raft, "google.golang.org/protobuf"}},
	{packages: "core/replication", ours: []string{"core/wire", "core/random"}},
	{packages: "core/migration", ours: []string{"core/slots", "core/wire", "core/random"}},
	{packages: "core", ours: []string{"core/**"}},

	// Ports, and what is behind them.
	{packages: "storage"},
	{packages: "storage/disk", ours: []string{"storage"}, others: []string{"golang.org/x/sys"}},
	{packages: "storage/disksim", ours: []string{"storage", "core/random"}},
	{packages: "storage/storagetest", ours: []string{"storage"}}, // the contract as a test
	{packages: "transport"},
	{packages: "transport/netsim", ours: []string{"transport", "core/random"}},
	{packages: "transport/udp", ours: []string{"transport"}, others: []string{"golang.org/x/sys"}},
	{packages: "transport/seal", ours: []string{"transport"}},
	{packages: "transport/transporttest", ours: []string{"transport"}}, // the contract as a test

	// The simulator: sim simulates any protocol, so it knows none. sim/cluster joins it to core.
	{packages: "linearizability", others: []string{"github.com/anishathalye/porcupine"}},
	{packages: "sim", ours: []string{
		"core/random", "storage", "storage/disksim", "transport", "transport/netsim"}},
	{packages: "sim/shrink", ours: []string{"sim"}},
	{packages: "sim/view", ours: []string{"sim", "transport", "transport/netsim"}},
	{packages: "sim/live", ours: []string{"sim", "sim/view"}},
	{packages: "sim/sweep"},
	{packages: "sim/cluster", ours: []string{
		"sim", "sim/shrink", "sim/view", "core/**", "storage", "storage/disksim", "transport", "transport/netsim", "linearizability"}},
	{packages: "sim/scenarios", ours: []string{"sim", "sim/cluster", "core/gossip", "core/marks", "core/random", "core/slots", "core/wire"}},

	// Protocols of others, as examples.
	{packages: "examples/register", ours: []string{"sim", "sim/shrink", "sim/sweep", "sim/view", "transport", "core/random"},
		others: []string{"github.com/alecthomas/kong", "github.com/anishathalye/porcupine"}},

	// It builds the simulator with bugs and runs it: a tool beside it, not a part.
	{packages: "sim/mutants", ours: []string{"sim/sweep"}, others: []string{"github.com/alecthomas/kong"}},

	// Commands and tools. The simulator's commands touch no real disk, and no socket but that of a page's server.
	{packages: "cmd/embersim/live", ours: []string{"sim", "sim/cluster", "sim/live", "sim/scenarios", "sim/view"}},
	{packages: "cmd/embersim", ours: []string{
		"sim/**", "core/**", "storage", "storage/disksim", "transport", "transport/netsim", "linearizability"},
		others: []string{"github.com/alecthomas/kong", "github.com/schollz/progressbar", "golang.org/x/term"}},
	{packages: "cmd/embernode", ours: []string{
		"core/**", "storage", "storage/disk", "transport", "transport/seal", "transport/udp"},
		others: []string{"github.com/alecthomas/kong", "golang.org/x/sys"}},
	{packages: "bench/server", ours: []string{"core/resp"}},
	{packages: "bench/load", ours: []string{"bench/server", "core/resp"}, others: []string{"golang.org/x/sys"}},
	{packages: "bench/profile", ours: []string{"bench/load", "bench/server"}},
	{packages: "bench", ours: []string{"bench/load", "bench/server"}},
	{packages: "internal/tidy"},
	{packages: "internal/browsertest", others: []string{"github.com/chromedp/chromedp"}},
	{packages: "internal/determinism", others: []string{"github.com/tetratelabs/wazero"}},
}

// testLibraries may be imported by every test file.
var testLibraries = []string{
	"github.com/anishathalye/porcupine",
	"github.com/cockroachdb/datadriven",
	"github.com/redis/go-redis",
	"github.com/redis/rueidis",
	"github.com/sigurn/crc16",
	"github.com/goccy/go-yaml",
	"pgregory.net/rapid",
}

// raft is kept behind core/consensus in test files too: the rest of the project depends on what consensus promises.
const raft = "go.etcd.io/raft"

// scope is a package, or a family of them, that must behave as a function of its input alone.
type scope struct {
	packages string
	also     []string // imports that it may have beside the harmless ones
}

// deterministic lists what a simulated run consists of.
var deterministic = []scope{
	{packages: "core/**"},
	{packages: "sim/**"},
	{packages: "storage", also: []string{"sync"}}, // in production its log is synced in another goroutine
	{packages: "storage/disksim"},
	{packages: "transport"},
	{packages: "transport/netsim"},
	// Its machines are, so that they can be simulated; the bus around them is used by several goroutines in production.
	{packages: "transport/seal", also: []string{"crypto/aes", "crypto/cipher", "crypto/hkdf", "sync"}},
	{packages: "linearizability", also: []string{"context"}}, // porcupine's step budget ends a check by it
}

// tools stand among the deterministic packages and are none: they work on them from outside.
var tools = []string{"sim/mutants"}

// harmless lists what the deterministic packages may import of the standard library: no clock (but for time, whose
// clock is watched by name), entropy, goroutine, socket or file, and no result that depends on addresses or map order.
var harmless = []string{
	"bufio", "bytes", "cmp", "compress/gzip", "container/**", "crypto/md5", "crypto/sha1", "crypto/sha256", "embed", "encoding/**", "errors",
	"fmt", "hash", "hash/adler32", "hash/crc32", "hash/crc64", "hash/fnv", "html/**", "io", "io/fs", "iter", "maps", "math",
	"math/big", "math/bits", "net/netip", "path", "regexp/**", "runtime/debug", "slices", "sort", "strconv", "strings",
	"text/**", "time", "unicode/**",
}

// instead tells what to use in place of the packages that are missed most.
var instead = map[string]string{
	"C":            "cgo leaves the deterministic world; write it in Go",
	"context":      "there is nothing to cancel in a step function; use NextDeadline",
	"crypto/rand":  "draw from a stream of core/random, derived from the seed",
	"hash/maphash": "its seed differs in every process; use a hash keyed by the node's seed",
	"log":          "it reads the clock and writes to the process's stderr; return an effect or use the host's trace",
	"log/slog":     "it reads the clock and writes to the process's stderr; return an effect or use the host's trace",
	"math/rand":    "draw from a stream of core/random, derived from the seed",
	"math/rand/v2": "draw from a stream of core/random, derived from the seed",
	"net":          "use net/netip for addresses; the driver owns the sockets, behind transport.Bus",
	"os":           "the driver owns the files, behind storage.Directory",
	"reflect":      "it shows map order and addresses; use types",
	"runtime":      "it shows the scheduler, the collector and the machine; the core must not see them",
	"sync":         "a step function has one caller at a time and needs no lock, once or pool",
	"sync/atomic":  "a step function has one caller at a time and needs no atomic",
	"syscall":      "the driver talks to the operating system, behind storage.Directory and transport.Bus",
	"testing":      "helpers for tests belong into test files",
	"unsafe":       "it shows addresses and the machine's word; use encoding/binary",
}

// find returns the row of a package.
func find(pkg string) (row, bool) {
	for _, r := range dependencies {
		if matches(r.packages, pkg) {
			return r, true
		}
	}
	return row{}, false
}

// matches reports whether a pattern, "path" or "path/**", stands for a path.
func matches(pattern, name string) bool {
	base, family := strings.CutSuffix(pattern, "/**")
	return name == base || family && strings.HasPrefix(name, base+"/")
}

func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// findScope returns the scope that a package is in, if it must be deterministic.
func findScope(pkg string) (scope, bool) {
	if matchesAny(tools, pkg) {
		return scope{}, false
	}
	for _, s := range deterministic {
		if matches(s.packages, pkg) {
			return s, true
		}
	}
	return scope{}, false
}

// within reports whether an import path is one of the given modules or inside one of them, any major version of it.
func within(modules []string, importPath string) bool {
	for _, m := range modules {
		if matches(path.Join(m, "**"), importPath) {
			return true
		}
	}
	return false
}
