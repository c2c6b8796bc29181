package command

// Flags say how a command behaves towards the server.
type Flags uint32

const (
	// Write changes data.
	Write Flags = 1 << iota
	// ReadOnly reads keys and never changes them.
	ReadOnly
	// DenyOOM is refused when memory is short.
	DenyOOM
	// Admin manages the server.
	Admin
	// PubSub is about messages between clients.
	PubSub
	// NoScript may not be called from scripts.
	NoScript
	// Loading is served while the data is being loaded.
	Loading
	// Stale is served by a replica that has lost its primary.
	Stale
	// SkipSlowlog is not shown in the slow log: what it runs is.
	SkipSlowlog
	// Asking is served as if ASKING came before it.
	Asking
	// Fast takes O(1) or O(log N) time.
	Fast
	// NoAuth is served before authentication.
	NoAuth
	// NoAsyncLoading is refused while a replica replaces its data.
	NoAsyncLoading
	// NoMulti may not be queued behind MULTI.
	NoMulti
	// AllowBusy is served while a script blocks the server.
	AllowBusy
)

// flagNames are the words of COMMAND INFO, in the order of the bits.
var flagNames = [...]string{
	"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "loading", "stale", "skip_slowlog", "asking", "fast", "no_auth",
	"no_async_loading", "no_multi", "allow_busy",
}

// Has reports whether all of the flags are set.
func (f Flags) Has(flags Flags) bool { return f&flags == flags }

// Names returns the words of COMMAND INFO.
func (f Flags) Names() []string { return bitNames(uint32(f), flagNames[:]) }

// Categories are ACL categories, groups of commands that a user can be allowed together.
type Categories uint32

const (
	KeyspaceCategory Categories = 1 << iota
	ReadCategory
	WriteCategory
	SetCategory
	SortedSetCategory
	ListCategory
	HashCategory
	StringCategory
	BitmapCategory
	HyperLogLogCategory
	GeoCategory
	StreamCategory
	PubSubCategory
	AdminCategory
	FastCategory
	SlowCategory
	BlockingCategory
	DangerousCategory
	ConnectionCategory
	TransactionCategory
	ScriptingCategory
)

// categoryNames are the words of COMMAND INFO, in the order of the bits.
var categoryNames = [...]string{
	"@keyspace", "@read", "@write", "@set", "@sortedset", "@list", "@hash", "@string", "@bitmap", "@hyperloglog", "@geo", "@stream",
	"@pubsub", "@admin", "@fast", "@slow", "@blocking", "@dangerous", "@connection", "@transaction", "@scripting",
}

// Names returns the words of COMMAND INFO.
func (c Categories) Names() []string { return bitNames(uint32(c), categoryNames[:]) }

// AllCategories returns the row's categories together with those that follow from its flags.
func (r *Row) AllCategories() Categories {
	all := r.Categories
	for _, implied := range [...]struct {
		flag       Flags
		categories Categories
	}{
		{Write, WriteCategory},
		{ReadOnly, ReadCategory},
		{Admin, AdminCategory | DangerousCategory},
		{PubSub, PubSubCategory},
		{Fast, FastCategory},
	} {
		if r.Flags.Has(implied.flag) {
			all |= implied.categories
		}
	}
	if !r.Flags.Has(Fast) {
		all |= SlowCategory
	}
	return all
}

func bitNames(bits uint32, names []string) []string {
	var set []string
	for i, name := range names {
		if bits&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	return set
}
