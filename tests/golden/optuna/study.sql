BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'from optuna');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,0,1.95877150810230515887e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(3,1,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(4,2,0,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(5,2,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(6,2,2,2.05626357704064227985e-03,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,3,0,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(8,3,1,8.11221758187237740322e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,3,2,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(10,4,0,3.050340671571753412e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,4,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(12,4,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(13,5,0,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(14,5,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(15,5,2,6.99113132363683303927e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,6,0,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(17,6,1,1.15943050481791711805e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,6,2,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(19,7,0,1.52587602059591938286e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,7,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(21,7,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(22,8,0,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(23,8,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(24,8,2,9.91492953112617203537e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(25,9,0,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(26,9,1,1.45663321550458413344e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,9,2,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(28,10,0,2.19307194597473964492e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(29,10,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(30,10,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(31,11,0,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(32,11,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(33,11,2,4.51186076166256670033e-03,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(34,12,0,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(35,12,1,3.05271082636487112171e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(36,12,2,NULL,'NAN');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'units',288.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',6.80128995868855938666e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(3,1,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(4,1,'momentum',8.84017484804178188539e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(5,1,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(6,2,'units',128.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(7,2,'lr',1.60645591956300178111e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(8,2,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(9,2,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(10,3,'units',160.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(11,3,'lr',5.07013598867023587701e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(12,3,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(13,3,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(14,4,'units',224.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(15,4,'lr',1.36175922838024709765e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(16,4,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(17,4,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(18,5,'units',416.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(19,5,'lr',1.68056041433577711035e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(20,5,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(21,5,'momentum',9.27019813361826150455e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(22,5,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(23,6,'units',480.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(24,6,'lr',2.41548021837066050065e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(25,6,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(26,6,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(27,7,'units',192.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(28,7,'lr',7.94727094060374678573e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(29,7,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(30,7,'momentum',2.66543222468550666803e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(31,7,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(32,8,'units',448.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(33,8,'lr',2.21315391319780625789e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(34,8,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(35,8,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(36,9,'units',128.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(37,9,'lr',1.13799469961295635425e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(38,9,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(39,9,'momentum',3.58554450263955049038e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(40,9,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(41,10,'units',384.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(42,10,'lr',5.71112485930921811444e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(43,10,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(44,10,'momentum',3.36450177317249743413e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(45,10,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(46,11,'units',256.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(47,11,'lr',1.76244561002444e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(48,11,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(49,11,'momentum',2.28278362311523236316e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(50,11,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(51,12,'units',384.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}');
INSERT INTO "trial_params" VALUES(52,12,'lr',7.94976777699185187947e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(53,12,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(54,12,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,13,'fixed_params','{"units": 64, "lr": 0.001, "opt": "adam", "nesterov": true}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'note','{"n": 0}');
INSERT INTO "trial_user_attributes" VALUES(2,2,'note','{"n": 1}');
INSERT INTO "trial_user_attributes" VALUES(3,3,'note','{"n": 2}');
INSERT INTO "trial_user_attributes" VALUES(4,4,'note','{"n": 3}');
INSERT INTO "trial_user_attributes" VALUES(5,5,'note','{"n": 4}');
INSERT INTO "trial_user_attributes" VALUES(6,6,'note','{"n": 5}');
INSERT INTO "trial_user_attributes" VALUES(7,7,'note','{"n": 6}');
INSERT INTO "trial_user_attributes" VALUES(8,8,'note','{"n": 7}');
INSERT INTO "trial_user_attributes" VALUES(9,9,'note','{"n": 8}');
INSERT INTO "trial_user_attributes" VALUES(10,10,'note','{"n": 9}');
INSERT INTO "trial_user_attributes" VALUES(11,11,'note','{"n": 10}');
INSERT INTO "trial_user_attributes" VALUES(12,12,'note','{"n": 11}');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,2.84278899290648334741e+00,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,2.05626357704064227985e-03,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,8.11221758187237740322e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(5,5,0,9.96931126598194494725e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,7,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(7,8,0,9.91492953112617203537e-01,'FINITE');
INSERT INTO "trial_values" VALUES(8,9,0,5.04217771814413406872e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,10,0,2.52952212329198955487e+00,'FINITE');
INSERT INTO "trial_values" VALUES(10,11,0,2.32790223073185809088e-01,'FINITE');
INSERT INTO "trial_values" VALUES(11,12,0,3.05271082636487112171e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-25 21:07:24.528699','2026-11-25 21:07:24.608163');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-25 21:07:24.615942','2026-11-25 21:07:24.648046');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-25 21:07:24.659232','2026-11-25 21:07:24.707037');
INSERT INTO "trials" VALUES(4,3,1,'PRUNED','2026-11-25 21:07:24.716033','2026-11-25 21:07:24.812915');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-25 21:07:24.830075','2026-11-25 21:07:25.220018');
INSERT INTO "trials" VALUES(6,5,1,'FAIL','2026-11-25 21:07:25.262910','2026-11-25 21:07:25.321195');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-25 21:07:25.325834','2026-11-25 21:07:25.387873');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-11-25 21:07:25.417742','2026-11-25 21:07:25.748380');
INSERT INTO "trials" VALUES(9,8,1,'COMPLETE','2026-11-25 21:07:25.789312','2026-11-25 21:07:26.318663');
INSERT INTO "trials" VALUES(10,9,1,'COMPLETE','2026-11-25 21:07:26.323200','2026-11-25 21:07:26.349435');
INSERT INTO "trials" VALUES(11,10,1,'COMPLETE','2026-11-25 21:07:26.358307','2026-11-25 21:07:26.391512');
INSERT INTO "trials" VALUES(12,11,1,'COMPLETE','2026-11-25 21:07:26.400330','2026-11-25 21:07:26.418297');
INSERT INTO "trials" VALUES(13,12,1,'WAITING',NULL,NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
