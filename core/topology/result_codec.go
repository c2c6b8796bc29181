package topology

import (
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// The binary form of a result, which travels from the node that applied a command to the one that proposed it:
//
//	changed (1), results of a batch's commands (count; each as a result), refusals (0 or 1; then one)
//	refusal: reason (1), which fields follow (1, a bit each), slot, shard (20), node (20), expected and actual, detail
//	         (length and bytes)
//
// Numbers are uvarints. A detail is cut at maxDetail bytes.

const (
	refusalSlot = 1 << iota
	refusalShard
	refusalNode
	refusalNumbers
	refusalDetail
)

const (
	maxDetail       = 48
	maxRefusalBytes = 1 + 1 + 3 + 20 + 20 + 2*10 + 1 + maxDetail
	// MaxResultBytes bounds the binary form of a result.
	MaxResultBytes = (1 + MaxBatch) * (1 + 1 + 1 + maxRefusalBytes)
)

// AppendResult appends the binary form of a result.
func AppendResult(dst []byte, result Result) []byte {
	dst = wire.AppendBool(dst, result.Changed)
	dst = wire.AppendUvarint(dst, uint64(len(result.Each)))
	for _, each := range result.Each {
		dst = AppendResult(dst, each)
	}
	refusal, refused := result.Err.(*Refusal)
	dst = wire.AppendBool(dst, refused)
	if refused {
		dst = refusal.append(dst)
	}
	return dst
}

func (r *Refusal) append(dst []byte) []byte {
	detail := r.Detail[:min(len(r.Detail), maxDetail)]
	fields := r.fields()
	dst = append(dst, byte(r.Reason), fields)
	if fields&refusalSlot != 0 {
		dst = wire.AppendUvarint(dst, uint64(r.Slot))
	}
	if fields&refusalShard != 0 {
		dst = append(dst, r.Shard[:]...)
	}
	if fields&refusalNode != 0 {
		dst = append(dst, r.Node[:]...)
	}
	if fields&refusalNumbers != 0 {
		dst = wire.AppendUvarint(dst, r.Expected)
		dst = wire.AppendUvarint(dst, r.Actual)
	}
	if fields&refusalDetail != 0 {
		dst = wire.AppendPrefixed(dst, []byte(detail))
	}
	return dst
}

// fields returns the bits of the fields that are not zero.
func (r *Refusal) fields() (fields byte) {
	if r.Slot != 0 {
		fields |= refusalSlot
	}
	if !r.Shard.IsZero() {
		fields |= refusalShard
	}
	if !r.Node.IsZero() {
		fields |= refusalNode
	}
	if r.Expected != 0 || r.Actual != 0 {
		fields |= refusalNumbers
	}
	if r.Detail != "" {
		fields |= refusalDetail
	}
	return fields
}

// DecodeResult reads what AppendResult wrote. The error is a *wire.Error.
func DecodeResult(data []byte) (Result, error) {
	d := decoder{wire.NewReader(data)}
	if len(data) > MaxResultBytes {
		d.Fail(wire.TooLarge)
	}
	result := d.result(MaxBatch)
	if err := d.Finish(); err != nil {
		return Result{}, err
	}
	return result, nil
}

// result reads a result with at most so many parts.
func (d *decoder) result(most int) Result {
	result := Result{Changed: d.Bool()}
	for range d.Count(most, 3) {
		result.Each = append(result.Each, d.result(0))
	}
	if d.Bool() {
		result.Err = d.refusal()
	}
	return result
}

func (d *decoder) refusal() *Refusal {
	r := &Refusal{Reason: Reason(d.below(int(Reasons)))}
	fields := d.Uint8()
	if fields >= refusalDetail<<1 {
		d.Fail(wire.Malformed)
	}
	if fields&refusalSlot != 0 {
		r.Slot = slots.Slot(d.below(slots.Count))
	}
	if fields&refusalShard != 0 {
		r.Shard = d.shardID()
	}
	if fields&refusalNode != 0 {
		r.Node = d.NodeID()
	}
	if fields&refusalNumbers != 0 {
		r.Expected, r.Actual = d.Uvarint(), d.Uvarint()
	}
	if fields&refusalDetail != 0 {
		r.Detail = string(d.Prefixed(maxDetail))
	}
	if r.fields() != fields { // a field that is zero is not written
		d.Fail(wire.Malformed)
	}
	return r
}
