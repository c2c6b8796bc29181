package command

import (
	"fmt"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
)

// MemoryReport says what a node's memory is used for, in bytes. Used counts against maxmemory.
type MemoryReport struct {
	// Used is the data with all that is needed to find it, and Clients, what is kept for clients. Peak is the most it has been.
	Used, Peak, Clients int64
	// Resident is what the process has of the system, System what there is in all; 0 if it is not known.
	Resident, System int64
	// Space is where the memory of the data is.
	Space keyspace.Memory
	// Freeing says that keys that are gone still have memory.
	Freeing bool
}

// overhead is what is not data.
func (m *MemoryReport) overhead() int64 { return m.Space.Tables + m.Space.Expiry + m.Clients }

func (m *MemoryReport) dataset() int64 { return m.Used - m.overhead() }

// held is what is taken from Go's runtime: Used, and the room between the blocks.
func (m *MemoryReport) held() int64 { return m.Space.Total() + m.Clients }

func (m *MemoryReport) resident() int64 {
	if m.Resident == 0 {
		return m.held()
	}
	return m.Resident
}

// memoryFields are the lines of INFO memory.
func (c *Context) memoryFields() []Field {
	m := c.Server.Memory()
	var l fieldList
	l.size("used_memory", m.Used)
	l.size("used_memory_rss", m.resident())
	l.size("used_memory_peak", m.Peak)
	l.add("used_memory_peak_perc", percent(m.Used, m.Peak))
	l.number("used_memory_overhead", m.overhead())
	l.number("used_memory_startup", 0)
	l.number("used_memory_dataset", m.dataset())
	l.add("used_memory_dataset_perc", percent(m.dataset(), m.Used))
	l.number("allocator_allocated", m.Used)
	l.number("allocator_active", m.held())
	l.number("allocator_resident", m.resident())
	l.size("total_system_memory", m.System)
	l.number("used_memory_lua", 0)
	l.number("used_memory_vm_eval", 0)
	l.add("used_memory_lua_human", HumanBytes(0))
	l.number("used_memory_scripts_eval", 0)
	l.number("number_of_cached_scripts", 0)
	l.number("number_of_functions", 0)
	l.number("number_of_libraries", 0)
	l.number("used_memory_vm_functions", 0)
	l.size("used_memory_vm_total", 0)
	l.number("used_memory_functions", 0)
	l.size("used_memory_scripts", 0)
	l.size("maxmemory", c.Settings.MaxMemory)
	l.add("maxmemory_policy", c.Settings.PolicyName())
	l.add("allocator_frag_ratio", ratio(m.held(), m.Used))
	l.number("allocator_frag_bytes", m.held()-m.Used)
	l.add("allocator_rss_ratio", ratio(m.resident(), m.held()))
	l.number("allocator_rss_bytes", m.resident()-m.held())
	l.add("rss_overhead_ratio", ratio(1, 1))
	l.number("rss_overhead_bytes", 0)
	l.add("mem_fragmentation_ratio", ratio(m.resident(), m.Used))
	l.number("mem_fragmentation_bytes", m.resident()-m.Used)
	l.number("mem_not_counted_for_evict", 0)
	l.number("mem_replication_backlog", 0)
	l.number("mem_total_replication_buffers", 0)
	l.number("mem_clients_slaves", 0)
	l.number("mem_clients_normal", m.Clients)
	l.number("mem_cluster_links", 0)
	l.number("mem_aof_buffer", 0)
	l.add("mem_allocator", "go")
	l.number("active_defrag_running", 0)
	l.number("lazyfree_pending_objects", int64(boolBit(m.Freeing)))
	l.number("lazyfreed_objects", 0)
	return l
}

func boolBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fieldList collects lines of INFO.
type fieldList []Field

func (l *fieldList) add(name, value string)          { *l = append(*l, Field{name, value}) }
func (l *fieldList) number(name string, value int64) { l.add(name, strconv.FormatInt(value, 10)) }

// size adds a number of bytes, and then the same for people.
func (l *fieldList) size(name string, bytes int64) {
	l.number(name, bytes)
	l.add(name+"_human", HumanBytes(bytes))
}

// percent writes a part of a whole as Redis does: "12.34%".
func percent(part, whole int64) string { return ratio(part*100, whole) + "%" }

// ratio writes a quotient with two digits behind the point; 0 stands for what would have no meaning.
func ratio(a, b int64) string {
	if b <= 0 || a <= 0 {
		return "0.00"
	}
	return fmt.Sprintf("%d.%02d", a/b, a%b*100/b)
}

// HumanBytes writes a size as Redis does: "1.50M".
func HumanBytes(bytes int64) string {
	if bytes < 1<<10 {
		return strconv.FormatInt(bytes, 10) + "B"
	}
	unit, size := 0, int64(1<<10)
	for bytes/size >= 1<<10 && unit < 4 {
		unit++
		size <<= 10
	}
	return ratio(bytes, size) + "KMGTP"[unit:unit+1]
}

// memoryStatistics shows MEMORY STATS.
//
// float: formatted for the client only
func memoryStatistics(c *Context) {
	m := c.Server.Memory()
	keys := int64(c.Space.Len())
	numbers := func(pairs ...any) {
		for i := 0; i < len(pairs); i += 2 {
			c.Reply.BulkString(pairs[i].(string))
			switch value := pairs[i+1].(type) {
			case int64:
				c.Reply.Int(value)
			case float64:
				c.Reply.Double(value)
			}
		}
	}
	quotient := func(a, b int64) float64 {
		if b == 0 {
			return 0
		}
		return float64(a) / float64(b)
	}
	const fields, zero = 27, int64(0)
	c.Reply.Map(fields + min(int(keys), 1))
	numbers("peak.allocated", m.Peak, "total.allocated", m.Used, "startup.allocated", zero, "replication.backlog", zero,
		"clients.slaves", zero, "clients.normal", m.Clients, "cluster.links", zero, "aof.buffer", zero, "lua.caches", zero,
		"functions.caches", zero)
	if keys > 0 {
		c.Reply.BulkString("db.0")
		c.Reply.Map(3)
		numbers("overhead.hashtable.main", m.Space.Tables, "overhead.hashtable.expires", m.Space.Expiry,
			"overhead.hashtable.slot-to-keys", zero)
	}
	numbers("overhead.total", m.overhead(), "keys.count", keys, "keys.bytes-per-key", m.Used/max(keys, 1),
		"dataset.bytes", m.dataset(), "dataset.percentage", 100*quotient(m.dataset(), m.Used),
		"peak.percentage", 100*quotient(m.Used, m.Peak), "allocator.allocated", m.Used, "allocator.active", m.held(),
		"allocator.resident", m.resident(), "allocator-fragmentation.ratio", quotient(m.held(), m.Used),
		"allocator-fragmentation.bytes", m.held()-m.Used, "allocator-rss.ratio", quotient(m.resident(), m.held()),
		"allocator-rss.bytes", m.resident()-m.held(), "rss-overhead.ratio", quotient(1, 1), "rss-overhead.bytes", zero)
	numbers("fragmentation", quotient(m.resident(), m.Used), "fragmentation.bytes", m.resident()-m.Used)
}

const (
	// littleMemory is below what MEMORY DOCTOR looks for problems in.
	littleMemory = 5 << 20
	doctorEmpty  = "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these " +
		"conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our " +
		"programming as soon as I finished rebooting.\n"
	doctorHealthy = "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
)

// memoryDoctor looks for what Redis looks for, as far as it can happen here.
func memoryDoctor(c *Context) {
	m := c.Server.Memory()
	var issues string
	if m.Peak > m.Used+m.Used/2 {
		issues += fmt.Sprintf(" * Peak: %s were in use once, now it is %s. What is free is used again.\n\n", HumanBytes(m.Peak), HumanBytes(m.Used))
	}
	if m.held() > m.Used+m.Used*2/5 && m.held()-m.Used > 10<<20 {
		issues += fmt.Sprintf(" * Fragmentation: %s between the keys are free. Compaction goes on with every write.\n\n", HumanBytes(m.held()-m.Used))
	}
	if clients := int64(max(c.Sessions.Len(), 1)); m.Clients/clients > 200<<10 {
		issues += fmt.Sprintf(" * Clients: %s are kept for %d of them.\n\n", HumanBytes(m.Clients), clients)
	}
	switch {
	case m.Used < littleMemory:
		c.Reply.Verbatim("txt", doctorEmpty)
	case issues == "":
		c.Reply.Verbatim("txt", doctorHealthy)
	default:
		c.Reply.Verbatim("txt", "Memory:\n\n"+issues)
	}
}
