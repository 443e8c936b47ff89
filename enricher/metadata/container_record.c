/* SPDX-License-Identifier: Apache-2.0
 *
 * container_record.c -- see container_record.h.
 */
#include <errno.h>

#include "container_record.h"
#include "jout.h"

enum { SHORT_ID = 12, DIGEST_HEX = 64 };
enum { WITH_CNI = 1, WITH_LABELS = 2, WITH_MOUNTS = 4 };

static void put_text(struct jout *j, const char *key, struct span value)
{
	if (value.n > 0)
		jout_string(j, key, value);
}

static void put_pairs(struct jout *j, const char *key, const struct record_pair *pairs, unsigned n)
{
	char name[256];

	jout_object(j, key);
	for (unsigned i = 0; i < n; i++) {
		/* Longer ones are no labels by anybody's rules. */
		if (pairs[i].key.n == 0 || pairs[i].key.n >= sizeof(name) ||
		    memchr(pairs[i].key.p, 0, pairs[i].key.n) != NULL)
			continue;
		memcpy(name, pairs[i].key.p, pairs[i].key.n);
		name[pairs[i].key.n] = '\0';
		jout_string(j, name, pairs[i].value);
	}
	jout_end(j);
}

static void put_mounts(struct jout *j, const struct container_record *r)
{
	jout_array(j, "Mounts");
	for (unsigned i = 0; i < r->nmounts; i++) {
		const struct record_mount *m = &r->mounts[i];

		jout_object(j, NULL);
		jout_string(j, "Source", m->source);
		jout_string(j, "Destination", m->destination);
		jout_string(j, "Mode", m->mode);
		jout_bool(j, "RW", m->writable);
		jout_string(j, "Propagation", m->propagation);
		jout_end(j);
	}
	jout_end(j);
}

static void put_identity(struct jout *j, const struct container_record *r)
{
	size_t n = r->full_id.n < SHORT_ID ? r->full_id.n : SHORT_ID;

	jout_string(j, "id", span_of(r->full_id.p, n));
	jout_string(j, "full_id", r->full_id);
	jout_uint(j, "type", r->type);
	put_text(j, "name", r->name);
	put_text(j, "image", r->image);
	put_text(j, "imageid", r->image_id);
	put_text(j, "imagerepo", r->image_repository);
	put_text(j, "imagetag", r->image_tag);
	put_text(j, "imagedigest", r->image_digest);
}

static ssize_t write_parts(const struct container_record *r, unsigned parts, uint8_t *buf,
			   size_t cap)
{
	struct line line;
	struct jout j;

	line_init(&line, buf, cap);
	jout_init(&j, &line);
	jout_object(&j, NULL);
	put_identity(&j, r);
	put_text(&j, "User", r->user);
	put_text(&j, "ip", r->ip);
	jout_bool(&j, "privileged", r->privileged);
	jout_bool(&j, "host_pid", r->host_pid);
	jout_bool(&j, "host_network", r->host_network);
	jout_bool(&j, "host_ipc", r->host_ipc);
	jout_bool(&j, "is_pod_sandbox", r->is_sandbox);
	put_text(&j, "pod_sandbox_id", r->sandbox_id);
	if (parts & WITH_MOUNTS)
		put_mounts(&j, r);
	if (parts & WITH_LABELS)
		put_pairs(&j, "labels", r->labels, r->nlabels);
	if ((parts & WITH_LABELS) && r->npod_labels > 0)
		put_pairs(&j, "pod_sandbox_labels", r->pod_labels, r->npod_labels);
	if (parts & WITH_CNI)
		put_text(&j, "cni_json", r->cni_json);
	jout_end(&j);
	return line_length(&line);
}

ssize_t container_record_write(const struct container_record *r, uint8_t *buf, size_t cap)
{
	static const unsigned less[] = {
		WITH_CNI | WITH_LABELS | WITH_MOUNTS,
		WITH_LABELS | WITH_MOUNTS,
		WITH_MOUNTS,
		0,
	};
	ssize_t n = -EINVAL;

	if (r->full_id.n == 0)
		return n;
	for (unsigned i = 0; i < ARRAY_LEN(less); i++)
		if ((n = write_parts(r, less[i], buf, cap)) >= 0)
			break;
	return n;
}

/* ---- images ---- */

static const uint8_t *last_of(struct span s, char c)
{
	return s.n == 0 ? NULL : memrchr(s.p, c, s.n);
}

static bool is_hex(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

struct span image_id_plain(struct span id)
{
	struct span algorithm = span_str("sha256:");

	return span_starts(id, algorithm) ? span_of(id.p + algorithm.n, id.n - algorithm.n) : id;
}

bool image_name_split(struct span image, struct image_name *ret)
{
	const uint8_t *at, *slash, *colon;
	struct span plain = image_id_plain(image);

	*ret = (struct image_name){ 0 };
	if (plain.n == DIGEST_HEX && is_hex(plain))
		return false;
	at = last_of(image, '@');
	if (at != NULL) {
		ret->digest = span_of(at + 1, (size_t)(image.p + image.n - at) - 1);
		image.n = (size_t)(at - image.p);
	}
	slash = last_of(image, '/');
	colon = last_of(image, ':');
	if (colon != NULL && (slash == NULL || colon > slash)) {
		ret->tag = span_of(colon + 1, (size_t)(image.p + image.n - colon) - 1);
		image.n = (size_t)(colon - image.p);
	}
	ret->repository = image;
	return true;
}
