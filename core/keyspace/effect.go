package keyspace

import (
	"fmt"
	"math"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// EffectKind says what an Effect does. The numbers are those of the binary form.
type EffectKind uint8

const (
	// Set makes Value the value of Key, and ExpireAt its expiry time, whatever was there before.
	Set EffectKind = 1
	// Append puts Value behind the string of Key, an empty one if there is none, and leaves the expiry time.
	Append EffectKind = 2
	// Delete removes Key.
	Delete EffectKind = 3
	// ExpireAt makes ExpireAt the expiry time of Key.
	ExpireAt EffectKind = 4
	// Persist takes the expiry time from Key.
	Persist EffectKind = 5
	// FlushSlot removes all keys of Slot.
	FlushSlot EffectKind = 6
	// FlushAll removes all keys.
	FlushAll EffectKind = 7
	// Overwrite puts Value over the string of Key from Offset on, and leaves the expiry time. A string that is not there is
	// empty; one that ends before Offset is filled up with zero bytes.
	Overwrite EffectKind = 8
)

// Effect is one change of the data: the result of a command, not the command. It depends on no clock and on nothing
// random, so it does the same wherever it is applied to the same data.
type Effect struct {
	Kind EffectKind
	// Slot is the slot of Key, or the one that FlushSlot empties.
	// Invariant: it is slots.Of(Key) in an effect on a key, and 0 in FlushAll.
	Slot       slots.Slot
	Key, Value []byte
	// Offset is where in the string Overwrite puts Value, in bytes.
	// Invariant: Offset + len(Value) <= MaxStringLength.
	Offset uint32
	// ExpireAt is when the key ends, in Unix milliseconds, and positive. 0 in Set: it does not end.
	ExpireAt int64
}

// MaxStringLength bounds a key and a value, in bytes: Redis's proto-max-bulk-len, 512 MiB.
const MaxStringLength = 512 << 20

// Append appends the binary form of the effect to dst. Of the fields, in this order, those that the kind uses are
// there:
//
//	┌──────┬──────────────┬──────────────┬──────────┬────────┬─────────┐
//	│ kind │ key          │ value        │ expiry   │ slot   │ offset  │
//	│ 1 B  │ length, data │ length, data │ uvarint  │ 2 B    │ uvarint │
//	└──────┴──────────────┴──────────────┴──────────┴────────┴─────────┘
//	Set       : key, value, expiry    Delete, Persist : key            FlushSlot : slot
//	Append    : key, value            ExpireAt        : key, expiry    FlushAll  : none
//	Overwrite : key, value, offset
//
// The slot of a key is not stored: the reader computes it, so the two cannot disagree.
func (e *Effect) Append(dst []byte) []byte {
	dst = append(dst, byte(e.Kind))
	if e.Kind.hasKey() {
		dst = wire.AppendPrefixed(dst, e.Key)
	}
	if e.Kind.hasValue() {
		dst = wire.AppendPrefixed(dst, e.Value)
	}
	if e.Kind.hasExpiry() {
		dst = wire.AppendUvarint(dst, uint64(e.ExpireAt))
	}
	if e.Kind == FlushSlot {
		dst = wire.AppendUint16(dst, uint16(e.Slot))
	}
	if e.Kind == Overwrite {
		dst = wire.AppendUvarint(dst, uint64(e.Offset))
	}
	return dst
}

func (k EffectKind) hasKey() bool    { return k >= Set && k <= Persist || k == Overwrite }
func (k EffectKind) hasValue() bool  { return k == Set || k == Append || k == Overwrite }
func (k EffectKind) hasExpiry() bool { return k == Set || k == ExpireAt }

// DecodeEffect reads the effect at the start of data and returns the size of its binary form. Key and Value alias data.
// The error is a *wire.Error.
func DecodeEffect(data []byte) (e Effect, size int, err error) {
	reader := wire.NewReader(data)
	e.Kind = EffectKind(reader.Uint8())
	if e.Kind < Set || e.Kind > Overwrite {
		reader.Fail(wire.Malformed)
	}
	if e.Kind.hasKey() {
		e.Key = reader.Prefixed(MaxStringLength)
		e.Slot = slots.Of(e.Key)
	}
	if e.Kind.hasValue() {
		e.Value = reader.Prefixed(MaxStringLength)
	}
	if e.Kind.hasExpiry() {
		at := reader.Uvarint()
		if at > math.MaxInt64 || at == 0 && e.Kind == ExpireAt {
			reader.Fail(wire.Malformed)
		}
		e.ExpireAt = int64(at)
	}
	if e.Kind == FlushSlot {
		e.Slot = slots.Slot(reader.Uint16())
		if !e.Slot.Valid() {
			reader.Fail(wire.Malformed)
		}
	}
	if e.Kind == Overwrite {
		e.Offset = decodeOffset(&reader, len(e.Value))
	}
	if err := reader.Err(); err != nil {
		return Effect{}, 0, err
	}
	return e, len(data) - reader.Len(), nil
}

// String returns the effect for traces and golden scripts.
func (e Effect) String() string {
	text := fmt.Sprintf("slot %d", e.Slot)
	switch e.Kind {
	case Set:
		text = fmt.Sprintf("set %q %q", e.Key, e.Value)
	case Append:
		text = fmt.Sprintf("append %q %q", e.Key, e.Value)
	case Overwrite:
		text = fmt.Sprintf("overwrite %q %q from %d", e.Key, e.Value, e.Offset)
	case Delete:
		text = fmt.Sprintf("delete %q", e.Key)
	case ExpireAt:
		text = fmt.Sprintf("expire %q", e.Key)
	case Persist:
		text = fmt.Sprintf("persist %q", e.Key)
	case FlushSlot:
		text = fmt.Sprintf("flush slot %d", e.Slot)
	case FlushAll:
		text = "flush all"
	}
	if e.ExpireAt != 0 {
		text += fmt.Sprintf(" at %d", e.ExpireAt)
	}
	return text
}
