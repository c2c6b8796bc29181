package topology

import "github.com/ember-cluster/ember/core/resp"

// WriteLinks writes the reply of CLUSTER LINKS: the streams of the bus, with the fields of Redis 7.2 in its order. What waits to
// be sent is the driver's, so the buffers are 0 here.
func (v *View) WriteLinks(w *resp.Writer) {
	var links []Link
	if v.Links != nil {
		links = v.Links()
	}
	w.Array(len(links))
	for i := range links {
		direction := "to"
		if links[i].Inbound {
			direction = "from"
		}
		w.Map(6)
		w.BulkString("direction")
		w.BulkString(direction)
		w.BulkString("node")
		w.Bulk(links[i].Node.AppendHex(nil))
		w.BulkString("create-time")
		w.Int(links[i].CreatedWall)
		w.BulkString("events")
		w.BulkString("r")
		w.BulkString("send-buffer-allocated")
		w.Int(0)
		w.BulkString("send-buffer-used")
		w.Int(0)
	}
}
