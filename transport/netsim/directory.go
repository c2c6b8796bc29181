package netsim

import (
	"encoding/binary"

	"github.com/ember-cluster/ember/transport"
)

// directory finds the socket of an address: a hash table with linear probing, which never forgets an address.
// A Go map would do, but costs three times as much, on every packet.
//
// Invariant: at least half of the entries are free.
type directory struct {
	entries []directoryEntry // a power of two of them
	used    int
}

type directoryEntry struct {
	address transport.Address
	number  int32 // one more than the value; 0: the entry is free
}

// find returns the value of an address, -1 if there is none.
func (d *directory) find(address transport.Address) int32 {
	if len(d.entries) == 0 {
		return -1
	}
	mask := uint64(len(d.entries) - 1)
	for i := hashAddress(address) & mask; ; i = (i + 1) & mask {
		entry := &d.entries[i]
		if entry.number == 0 {
			return -1
		}
		if entry.address == address {
			return entry.number - 1
		}
	}
}

// add gives an address, which must not be there yet, its value.
func (d *directory) add(address transport.Address, value int32) {
	if 2*(d.used+1) > len(d.entries) {
		old := d.entries
		d.entries = make([]directoryEntry, max(16, 2*len(old)))
		for _, entry := range old {
			if entry.number != 0 {
				d.place(entry)
			}
		}
	}
	d.place(directoryEntry{address: address, number: value + 1})
	d.used++
}

func (d *directory) place(entry directoryEntry) {
	mask := uint64(len(d.entries) - 1)
	i := hashAddress(entry.address) & mask
	for d.entries[i].number != 0 {
		i = (i + 1) & mask
	}
	d.entries[i] = entry
}

func hashAddress(address transport.Address) uint64 {
	ip := address.Addr().As16()
	hash := binary.LittleEndian.Uint64(ip[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(ip[8:])
	hash = (hash ^ uint64(address.Port())) * 0xd6e8feb86659fd93
	return hash ^ hash>>32
}
