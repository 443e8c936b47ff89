/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_mock.c -- librdkafka's own broker, for tests: prints its address, then does what the lines
 * of its input say: "down", "up", "fail N" (of the next N requests to produce, each is told that
 * the partition's leader has moved).  Ends with its input.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define PRODUCE 0 /* its number in the protocol */

static void fail(rd_kafka_mock_cluster_t *cluster, unsigned long n)
{
	for (; n > 0; n--)
		rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
						  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
}

int main(void)
{
	rd_kafka_mock_cluster_t *cluster;
	char line[64], why[256];
	rd_kafka_t *rk;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
	cluster = rk == NULL ? NULL : rd_kafka_mock_cluster_new(rk, 1);
	if (cluster == NULL) {
		fprintf(stderr, "kafka_mock: %s\n", rk == NULL ? why : "no cluster");
		return 1;
	}
	rd_kafka_mock_topic_create(cluster, "falco", 1, 1);
	puts(rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "down\n") == 0)
			rd_kafka_mock_broker_set_down(cluster, 1);
		else if (strcmp(line, "up\n") == 0)
			rd_kafka_mock_broker_set_up(cluster, 1);
		else if (strncmp(line, "fail ", 5) == 0)
			fail(cluster, strtoul(line + 5, NULL, 10));
		puts("done");
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	return 0;
}
