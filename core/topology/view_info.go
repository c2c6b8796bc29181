package topology

import "fmt"

// AppendInfo appends the reply of CLUSTER INFO. The epochs are those of shards: the highest, and that of the node's own.
func (v *View) AppendInfo(dst []byte) []byte {
	s := v.State
	state := "fail"
	if v.Serving() {
		state = "ok"
	}
	var byHealth [Failed + 1]int // slots by the health of their primary
	size := 0                    // shards that own slots
	for i, owned := range s.owned {
		byHealth[v.health(s.shards[i].Primary)] += int(owned)
		if owned > 0 {
			size++
		}
	}
	own, _ := s.ShardOf(v.Self)
	line := func(name string, value any) {
		dst = fmt.Appendf(dst, "%s:%v\r\n", name, value)
	}
	line("cluster_state", state)
	line("cluster_slots_assigned", s.AssignedSlots())
	line("cluster_slots_ok", byHealth[Alive])
	line("cluster_slots_pfail", byHealth[Suspected])
	line("cluster_slots_fail", byHealth[Failed])
	line("cluster_known_nodes", len(s.nodes))
	line("cluster_size", size)
	line("cluster_current_epoch", s.epoch)
	line("cluster_my_epoch", own.Epoch)
	dst = v.appendMessages(dst, "sent", func(m *MessageCount) uint64 { return m.Sent })
	dst = v.appendMessages(dst, "received", func(m *MessageCount) uint64 { return m.Received })
	line("total_cluster_links_buffer_limit_exceeded", v.LinksOverLimit)
	return dst
}

// appendMessages appends a line for each type of message of which there was one in that direction, and their sum.
func (v *View) appendMessages(dst []byte, direction string, count func(*MessageCount) uint64) []byte {
	total := uint64(0)
	for i := range v.Messages {
		n := count(&v.Messages[i])
		if n != 0 {
			dst = fmt.Appendf(dst, "cluster_stats_messages_%s_%s:%d\r\n", v.Messages[i].Type, direction, n)
		}
		total += n
	}
	return fmt.Appendf(dst, "cluster_stats_messages_%s:%d\r\n", direction, total)
}
