// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
// Generated from openapi.json by scripts/api-types.mjs. Do not edit.

export interface paths {
    "/api/v1/answers/{answer_id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Review
         * @description One answer with its review, predictions, view, and what others answered at its point.
         */
        get: operations["reviews_read_review"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/answers/{answer_id}/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Review
         * @description Approve an answer, send it back to its author, or correct it. Stored once per client_id.
         */
        post: operations["reviews_create_review"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkpoints/{checkpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Checkpoint
         * @description Delete a checkpoint with its predictions, for good.
         */
        delete: operations["training_delete_checkpoint"];
        options?: never;
        head?: never;
        /**
         * Update Checkpoint
         * @description Rename a checkpoint.
         */
        patch: operations["training_update_checkpoint"];
        trace?: never;
    };
    "/api/v1/checkpoints/{checkpoint_id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download Checkpoint
         * @description The weights as a file, with the configuration and provenance in it.
         */
        get: operations["training_download_checkpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkpoints/{checkpoint_id}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict Lacking
         * @description Predict every imported scan that has no prediction by this checkpoint.
         */
        post: operations["training_predict_lacking"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream Events
         * @description Changed jobs, scans and projects as they are now: events "job", "scan" and "project".
         *
         *     Where very many changed at once an event "many" says how many, in place of theirs.
         */
        get: operations["events_stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/export-formats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Formats
         * @description The formats that exports can be written in; their list is short and has no pages.
         */
        get: operations["exports_list_formats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Export
         * @description Delete an export and its file.
         */
        delete: operations["exports_delete_export"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export_id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download
         * @description The file of an export. Whole projects are for leads: ground truths are in them.
         */
        get: operations["exports_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{export_id}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Manifest
         * @description What is in an export, of which answers it was made, and the checksum of every file.
         */
        get: operations["exports_read_manifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description Whether the server answers.
         */
        get: operations["server_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Inspect
         * @description Preflight of a file's raw bytes as an import would have them; nothing is kept.
         */
        post: operations["scans_inspect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Invite
         * @description Make a one-time sign-in link for a person.
         */
        post: operations["users_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Jobs
         * @description Jobs, newest first; active ones by what runs, and what comes next.
         */
        get: operations["jobs_list_jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read One
         * @description One job.
         */
        get: operations["jobs_read_one"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel
         * @description Cancel a job. A running one ends within seconds; a finished one stays as it is.
         */
        post: operations["jobs_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Log
         * @description Whole lines of what the job's worker printed, at most 256 KiB: the last ones, or those from
         *     the offset `after`. The header `X-Log-Next` has the offset at which to read on.
         */
        get: operations["jobs_read_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/losses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Losses
         * @description The losses of a training so far, thinned to a curve; none where nothing descends.
         */
        get: operations["jobs_read_losses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Queue Place
         * @description How many jobs of whatever project a queued job waits for.
         */
        get: operations["jobs_read_queue_place"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/label-imports/{import_id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo Label Import
         * @description Take back all that an import added.
         */
        post: operations["labels_undo_label_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Network
         * @description Whether the network that everything starts from has been trained.
         */
        get: operations["training_read_network"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List People
         * @description Everybody who was ever invited, oldest first.
         */
        get: operations["users_list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Presets
         * @description Ready class lists.
         */
        get: operations["projects_list_presets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/project-archives": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Archive
         * @description Send the bytes of an archive; the job's result has the id of the new project.
         */
        post: operations["project-archives_import_archive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/project-archives/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin Upload
         * @description Begin to send an archive in pieces, or go on with it; its bytes go to `/uploads/{id}`.
         */
        post: operations["project-archives_begin_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Projects
         * @description All projects, oldest first.
         */
        get: operations["projects_list_projects"];
        put?: never;
        /**
         * Create Project
         * @description Add a project.
         */
        post: operations["projects_create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project
         * @description One project.
         */
        get: operations["projects_read_project"];
        put?: never;
        post?: never;
        /**
         * Delete Project
         * @description Delete a project with its scans, answers, checkpoints and exports.
         */
        delete: operations["projects_delete_project"];
        options?: never;
        head?: never;
        /**
         * Update Project
         * @description Change a project.
         */
        patch: operations["projects_update_project"];
        trace?: never;
    };
    "/api/v1/projects/{project_id}/archive-size": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Size
         * @description About how large an archive of the project will be.
         */
        get: operations["project-archives_read_size"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/archives": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Archives
         * @description A project's finished archives, newest first.
         */
        get: operations["project-archives_list_archives"];
        put?: never;
        /**
         * Start Pack
         * @description Pack a whole project into one file.
         */
        post: operations["project-archives_start_pack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/authors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Authors
         * @description Who has answered something in a project.
         */
        get: operations["scans_list_authors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Checkpoints
         * @description A project's checkpoints, newest first.
         */
        get: operations["training_list_checkpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace Classes
         * @description Give a project another class list; the place in the list is the new index.
         */
        put: operations["projects_replace_classes"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/comparisons/{first_id}/{second_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Comparison
         * @description What two versions say about the scans that both predicted, class by class and scan by scan.
         *
         *     With many scans it may take several requests until all are counted: see `compared`.
         */
        get: operations["comparisons_read_comparison"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/comparisons/{first_id}/{second_id}/scans/{scan_id}/patches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Patches
         * @description The patches of a scan whose points changed class alike, the largest first.
         */
        get: operations["comparisons_list_patches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/dashboard/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project Activity
         * @description Replies by person over time, and how long they take.
         */
        get: operations["dashboard_read_project_activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/dashboard/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Class Balance
         * @description How often each class was answered.
         */
        get: operations["dashboard_read_class_balance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/dashboard/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project Coverage
         * @description How far answers reach, and where more are worth it.
         *
         *     While `waiting` is not 0, ask again: each request works on for a moment.
         */
        get: operations["dashboard_read_project_coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/dashboard/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Scan States
         * @description How many scans are in which state.
         */
        get: operations["dashboard_read_scan_states"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/dashboard/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project Versions
         * @description The newest checkpoints by answers, with what was measured of each.
         */
        get: operations["dashboard_read_project_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Exports
         * @description A project's exports, newest first.
         */
        get: operations["exports_list_exports"];
        put?: never;
        /**
         * Start Export
         * @description Make a file for download.
         */
        post: operations["exports_start_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/exports/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview Export
         * @description What an export would write now: files, rows, classes, bytes, and what is left out and why.
         */
        post: operations["exports_preview_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/ground-truth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Project Truth
         * @description The ground truth of a project's scans, and how far their labels agree with it.
         */
        get: operations["labels_read_project_truth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/job-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Groups
         * @description What is under way in a project, counted by kind and batch.
         */
        get: operations["jobs_list_groups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/job-groups/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Group
         * @description Cancel the unfinished jobs of a kind and batch; without a batch, those that have none.
         */
        post: operations["jobs_cancel_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/label-fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Label Fields
         * @description The label fields that came with a project's scans, or some of them.
         */
        get: operations["labels_list_label_fields"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/label-imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Label Imports
         * @description What was made of label fields, newest first.
         */
        get: operations["labels_list_label_imports"];
        put?: never;
        /**
         * Start Label Import
         * @description Make answers, or the truth, of a label field of many scans; a job does it.
         */
        post: operations["labels_start_label_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/label-imports/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview Label Import
         * @description What an import would do.
         */
        post: operations["labels_preview_label_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/next-scan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Next Scans
         * @description The scans of a project worth going on with, the best first; empty if there is no other.
         */
        get: operations["coverage_list_next_scans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/pace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Pace
         * @description How long an answer takes, from this project's newest answers.
         */
        get: operations["projects_read_pace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Reviews
         * @description The live answers of a project that meet a filter, with their reviews.
         */
        get: operations["reviews_list_reviews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reviews/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve All
         * @description Approve every unreviewed answer that meets a filter; one undo takes all of it back.
         */
        post: operations["reviews_approve_all"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reviews/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarise Reviews
         * @description Answers by class, person, kind and review, and how far people agree.
         */
        get: operations["reviews_summarise_reviews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reviews/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo Review
         * @description Take back the caller's newest verdict in a project; again, the one before.
         */
        post: operations["reviews_undo_review"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reviews/walk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Walk Reviews
         * @description The ids of the answers that meet a filter, to go through one by one.
         */
        get: operations["reviews_walk_reviews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/scan-ids": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Scan Ids
         * @description The ids of a project's scans, in the order of the list.
         */
        get: operations["scans_list_scan_ids"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Scans
         * @description A project's scans.
         */
        get: operations["scans_list_scans"];
        put?: never;
        /**
         * Upload Scan
         * @description Add a scan from the raw bytes of its file. A job imports it.
         */
        post: operations["scans_upload_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/scans/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change Many
         * @description Choose points in many scans, prepare, import again or delete them: all in one step.
         */
        post: operations["scans_change_many"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/training/readiness": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Readiness
         * @description Whether there are answers enough to train on.
         */
        get: operations["training_read_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/trainings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Training
         * @description Train on the answers so far; later ones do not change a training that has started.
         */
        post: operations["training_start_training"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Uploads
         * @description What the caller sent to a project and did not finish, oldest first.
         */
        get: operations["uploads_list_uploads"];
        put?: never;
        /**
         * Begin Upload
         * @description Begin to send a file, or go on with it.
         */
        post: operations["uploads_begin_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{query_id}/lease": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lease
         * @description Reserve a query for two minutes; an answer releases it.
         */
        post: operations["rounds_lease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Scan
         * @description One scan.
         */
        get: operations["scans_read_scan"];
        put?: never;
        post?: never;
        /**
         * Delete Scan
         * @description Delete a scan with its queries, answers and predictions.
         */
        delete: operations["scans_delete_scan"];
        options?: never;
        head?: never;
        /**
         * Update Scan
         * @description Change a scan's name or voxel size.
         */
        patch: operations["scans_update_scan"];
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/agreement.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Compared
         * @description True class and labelled class (255 for none) of records of the tiles, by the answers now.
         */
        get: operations["labels_read_compared"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/agreement/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Compared
         * @description How many points have the true class as their label, by the answers now.
         */
        get: operations["labels_count_compared"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Answers
         * @description The live answers of a scan: the newest of each person at each point.
         */
        get: operations["answers_list_answers"];
        put?: never;
        /**
         * Create Answer
         * @description Store an answer. The response means that it is on disk.
         */
        post: operations["answers_create_answer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/answers/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Answers
         * @description Add the answers of a CSV file (columns index, class, …) to those of a scan.
         */
        post: operations["answers_import_answers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Channels
         * @description Every channel, with the reason where it cannot be seen.
         */
        get: operations["channels_list_channels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/channels/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Channel
         * @description Four bytes each of records of the tiles; byte ranges are served, too.
         */
        get: operations["channels_read_channel"];
        put?: never;
        /**
         * Make Channel
         * @description Have a channel made that is missing.
         */
        post: operations["channels_make_channel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/dense.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Dense
         * @description Class and confidence (0-255) of records of the tiles, from the answers up to now.
         *
         *     The `ETag` is the same exactly where the labels of the whole scan are.
         */
        get: operations["dense_read_dense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/dense/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Dense
         * @description How many points have each class, from the answers up to now.
         */
        get: operations["dense_count_dense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prepare
         * @description Make a scan's features and superpoints where they are missing; an import does so itself.
         */
        post: operations["scans_prepare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/ground-truth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Ground Truth
         * @description The ground truth of a scan, and how far its labels agree with it.
         */
        get: operations["labels_read_ground_truth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/label-fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Label Fields
         * @description The label fields that came with a scan, and what their values may mean.
         */
        get: operations["labels_read_label_fields"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/learning-curve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Learning Curve
         * @description How good a scan's labels are by the number of answers, and whether to go on.
         *
         *     While it is not `current`, ask again: each request works on for a moment.
         */
        get: operations["dashboard_read_learning_curve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/next-point": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask Next Point
         * @description Add one query, chosen from the answers as they are now, and reserve it for two minutes.
         */
        post: operations["rounds_ask_next_point"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Note
         * @description Note something about a point without answering it.
         */
        post: operations["answers_create_note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/objects.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Objects
         * @description Instance (two bytes, 0 for none), class and confidence of records of the tiles.
         *
         *     The `ETag` is the same exactly where the objects of the whole scan are.
         */
        get: operations["channels_read_objects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/objects/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Object Counts
         * @description How many points each object has.
         */
        get: operations["channels_read_object_counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/order.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Order
         * @description The row of the scan behind each record of the tiles, uint32 little-endian.
         */
        get: operations["scans_read_order"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/prediction.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Prediction
         * @description Class and confidence (0-255) of records of the tiles; without `checkpoint`, as shown.
         *
         *     The `ETag` is the same exactly where the prediction of the whole scan is.
         */
        get: operations["training_read_prediction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/prediction/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Prediction
         * @description How many points have each class; without `checkpoint`, as shown.
         */
        get: operations["training_count_prediction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/preflight": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Preflight
         * @description What the import found out about the file.
         */
        get: operations["scans_read_preflight"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/queries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Queries
         * @description All queries of a scan in the order of asking.
         */
        get: operations["rounds_list_queries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/records.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Record Ranges
         * @description Points of several ranges, 12 bytes each, one range after the other: detail for a view.
         */
        get: operations["scans_read_record_ranges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redo
         * @description Give the answer again that the caller took back last, unless they have answered since.
         */
        post: operations["answers_redo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry
         * @description Import a failed scan again, if its file is still there.
         */
        post: operations["scans_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/root.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Root
         * @description The first records of every tile, one tile after the other: a coarse picture of the scan.
         *
         *     `Records-Per-Tile` says how many of each; a smaller tile is there as a whole.
         */
        get: operations["scans_read_root"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/rounds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start Round
         * @description Queue the choice of further points; none that was asked about or answered comes again.
         */
        post: operations["rounds_start_round"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/tiles.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Tiles
         * @description Points for the viewer, 12 bytes each, tile by tile; ranges are served.
         */
        get: operations["scans_read_tiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/tiles.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Tile List
         * @description Where each tile is and how its records decode.
         */
        get: operations["scans_read_tile_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/truth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Truth State
         * @description Whether a scan has a ground truth.
         */
        get: operations["labels_read_truth_state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/truth.bin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Truth
         * @description True class (255 for none) and 255 of records of the tiles; annotators must not see them.
         */
        get: operations["labels_read_truth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/truth/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Truth
         * @description How many points have each true class.
         */
        get: operations["labels_count_truth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan_id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo
         * @description Take back the caller's newest answer on a scan; again, the one before.
         */
        post: operations["answers_undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Session
         * @description Who is signed in.
         */
        get: operations["users_read_session"];
        put?: never;
        /**
         * Sign In
         * @description Exchange the one-time token of a sign-in link for a cookie.
         */
        post: operations["users_sign_in"];
        /**
         * Sign Out
         * @description End this browser's session. A bearer token stays valid.
         */
        delete: operations["users_sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Upload
         * @description How far an upload is.
         */
        get: operations["uploads_read_upload"];
        put?: never;
        post?: never;
        /**
         * Cancel Upload
         * @description Forget an upload and what arrived of it.
         */
        delete: operations["uploads_cancel_upload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}/bytes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send Bytes
         * @description Add bytes at the end of what is here. What arrives of a request that breaks off is kept.
         */
        put: operations["uploads_send_bytes"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Upload
         * @description Look at a file that has arrived: its preflight, before anything becomes of it.
         */
        post: operations["uploads_check_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}/project": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Upload
         * @description Import an archive that has arrived; asked for twice, it is the same job.
         */
        post: operations["project-archives_import_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{upload_id}/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Upload
         * @description Make a checked upload scans of its project; asked for twice, the same ones.
         *
         *     It is one, unless the upload is an archive of several. Their imports unpack it: one that turns
         *     out to be damaged is a scan that failed.
         */
        post: operations["uploads_import_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * ActivityRead
         * @description Who replied how often and how fast. Imported answers are counted, but are nobody's work.
         *
         *     `starts` are the first moments of the buckets, in order and without gaps; the buckets are hours,
         *     days or weeks of `time_zone`: the one asked for, or UTC where the server does not know it.
         *     `people` are the busiest first, cut at the limit; `total_people` counts all, and the figures of
         *     everyone together include all.
         */
        ActivityRead: {
            /**
             * Bucket
             * @enum {string}
             */
            bucket: "hour" | "day" | "week";
            /** Counts */
            counts: number[];
            /** End */
            end: string;
            /** People */
            people: components["schemas"]["PersonActivity"][];
            /** Per Hour */
            per_hour: number | null;
            replies: components["schemas"]["ReplyCounts"];
            seconds: components["schemas"]["SecondsRead"] | null;
            /** Spent S */
            spent_s: number;
            /** Starts */
            starts: string[];
            /** Time Zone */
            time_zone: string;
            /** Today */
            today: number;
            /** Total People */
            total_people: number;
        };
        /**
         * AdviceRead
         * @description Whether to go on with a scan, and why, in a sentence.
         *
         *     `verdict` is "too_early" below `needed` answers; `answers` is how many `gain` is made from.
         */
        AdviceRead: {
            /** Answers */
            answers: number;
            gain: components["schemas"]["GainRead"] | null;
            /** Needed */
            needed: number;
            /** Reason */
            reason: string;
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "stop" | "go_on" | "too_early";
        };
        /**
         * AnswerCreate
         * @description One reply. `client_id` is made by the sender; sent twice, the answer is stored once.
         *
         *     "unlisted" says that the thing is none of the classes.
         */
        AnswerCreate: {
            /** Checkpoint Id */
            checkpoint_id?: number | null;
            /** Class Index */
            class_index?: number | null;
            /** Client Id */
            client_id: string;
            /** Instance */
            instance?: number | null;
            /** Note */
            note?: string | null;
            /** Point Index */
            point_index: number;
            /** Query Id */
            query_id?: number | null;
            /**
             * Reply
             * @enum {string}
             */
            reply: "class" | "unsure" | "skip" | "unlisted";
            /** Seconds */
            seconds?: number | null;
        };
        /**
         * AnswerRead
         * @description One live or stored answer; `position` is in the local frame of the scan.
         *
         *     note: what its author noted at the point last, with this answer or by itself.
         */
        AnswerRead: {
            /** Checkpoint Id */
            checkpoint_id: number | null;
            /** Class Index */
            class_index: number | null;
            /** Client Id */
            client_id: string;
            /** Created At */
            created_at: string;
            /** Id */
            id: number;
            /** Instance */
            instance: number | null;
            /** Note */
            note: string | null;
            /** Point Index */
            point_index: number;
            /** Position */
            position: [
                number,
                number,
                number
            ];
            /** Query Id */
            query_id: number | null;
            /**
             * Reply
             * @enum {string}
             */
            reply: "class" | "unsure" | "skip" | "unlisted";
            /** Scan Id */
            scan_id: number;
            /** Seconds */
            seconds: number | null;
            /** Strategy */
            strategy: string | null;
            /** User Name */
            user_name: string;
        };
        /**
         * AnswersImported
         * @description What became of a file of answers.
         */
        AnswersImported: {
            /** Imported */
            imported: number;
            /** Problems */
            problems: string[];
            /** Skipped */
            skipped: number;
        };
        /**
         * ApproveAll
         * @description Approve every unreviewed answer that meets the filter and is no newer than was seen.
         */
        ApproveAll: {
            /** After */
            after?: string | null;
            /** Before */
            before?: string | null;
            /** Class Index */
            class_index?: number[];
            /** Client Id */
            client_id: string;
            /** Disagrees */
            disagrees?: ("prediction" | "people") | null;
            /** Noted */
            noted?: boolean | null;
            /** Reply */
            reply?: ("class" | "unsure" | "skip" | "unlisted")[];
            /** Scan Id */
            scan_id?: number[];
            /** State */
            state?: ("unreviewed" | "approved" | "sent_back" | "corrected" | "correction")[];
            /** Up To Answer Id */
            up_to_answer_id: number;
            /** User */
            user?: string[];
        };
        /**
         * ApprovedAll
         * @description How many answers were approved.
         */
        ApprovedAll: {
            /** Approved */
            approved: number;
        };
        /**
         * ArchiveCreate
         * @description What to pack. `derived`: also what can be made again, such as superpoints.
         */
        ArchiveCreate: {
            /**
             * Derived
             * @default true
             */
            derived: boolean;
        };
        /**
         * ArchiveImport
         * @description What is decided about an archive that has arrived. `name`: its own by default.
         */
        ArchiveImport: {
            /** Name */
            name?: string | null;
        };
        /**
         * ArchiveRead
         * @description A finished archive; its file is at `/exports/{id}/file`. `snapshot`: of which moment.
         */
        ArchiveRead: {
            /** Bytes */
            bytes: number;
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string | null;
            /** Derived */
            derived: boolean;
            /** Filename */
            filename: string;
            /** Id */
            id: number;
            /** Sha256 */
            sha256: string;
            /** Snapshot */
            snapshot: {
                [key: string]: unknown;
            };
        };
        /**
         * ArchiveSize
         * @description About how many bytes an archive will have, with and without what can be made again.
         */
        ArchiveSize: {
            /** Bytes */
            bytes: number;
            /** Bytes Without Derived */
            bytes_without_derived: number;
        };
        /**
         * ArchiveTable
         * @description Text tables of an archive that look alike; what is said of the first counts for all.
         *
         *     `member` is the first one, which `table` shows; `said`: somebody said its layout.
         */
        ArchiveTable: {
            /** Member */
            member: string;
            /** Members */
            members: string[];
            /** Said */
            said: boolean;
            table: components["schemas"]["TextTable"];
        };
        /**
         * AuthorRead
         * @description Somebody who has answered something in a project.
         */
        AuthorRead: {
            /** Id */
            id: number;
            /** Name */
            name: string;
        };
        /**
         * Bounds
         * @description The box of the finite points, in the local frame.
         */
        Bounds: {
            /** Max */
            max: [
                number,
                number,
                number
            ];
            /** Min */
            min: [
                number,
                number,
                number
            ];
        };
        /**
         * BulkCreate
         * @description What to do to many scans: those named by `ids`, or all that meet `filter` but `without`.
         *
         *     `expected` is how many the person who asks believes these to be: nothing is done to more or
         *     fewer. With `dry_run` nothing is done at all, and the answer says what would be.
         *     `strategy` and `budget` are of "select"; without them the project's hold.
         */
        BulkCreate: {
            /**
             * Action
             * @enum {string}
             */
            action: "select" | "prepare" | "retry" | "delete";
            /** Budget */
            budget?: number | null;
            /**
             * Dry Run
             * @default false
             */
            dry_run: boolean;
            /** Expected */
            expected?: number | null;
            filter?: components["schemas"]["ScanFilter"] | null;
            /** Ids */
            ids?: number[] | null;
            /** Strategy */
            strategy?: ("random" | "kmeans_color" | "kmeans_features" | "diverse" | "uncertain" | "mixed") | null;
            /** Without */
            without?: number[];
        };
        /**
         * BulkRead
         * @description What was done: to `done` of `matched` scans; the others were `refused`.
         *
         *     `answers` is how many live answers the scans have to which it was done. `batch` is that of the
         *     jobs that were queued, if any were.
         */
        BulkRead: {
            /** Answers */
            answers: number;
            /** Batch */
            batch: number | null;
            /** Done */
            done: number;
            /** Matched */
            matched: number;
            /** Refused */
            refused: components["schemas"]["RefusedRead"][];
        };
        /**
         * ChannelRead
         * @description What else than its colours can be seen of a scan's points.
         *
         *     ready: its bytes can be fetched. missing: it can be made; `POST` its address, `reason` says
         *     what is missing. unavailable: the file lacks it, as `reason` says.
         *     low, high: the range that the bytes of an intensity span, in the file's own numbers.
         *     estimated: normals are not the file's own.
         */
        ChannelRead: {
            /**
             * Estimated
             * @default false
             */
            estimated: boolean;
            /** High */
            high?: number | null;
            /** Low */
            low?: number | null;
            /**
             * Name
             * @enum {string}
             */
            name: "intensity" | "normals" | "features";
            /** Reason */
            reason?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "ready" | "missing" | "unavailable";
            /** Version */
            version?: string | null;
        };
        /**
         * CheckpointRead
         * @description Weights with their configuration and provenance.
         *
         *     Attributes:
         *         user_name: who started the training. seconds: how long it took.
         *         newer_answers: labelled points that were answered after its snapshot.
         *         predicted_scans: imported scans with a prediction. lacking_scans: those without.
         */
        CheckpointRead: {
            /** Agreement */
            agreement: number | null;
            /** Arch */
            arch: string;
            /** Bytes */
            bytes: number;
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /** Created At */
            created_at: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: number | null;
            /** Lacking Scans */
            lacking_scans: number;
            /** Metrics */
            metrics: {
                [key: string]: unknown;
            };
            /** Name */
            name: string;
            /** Newer Answers */
            newer_answers: number;
            /** Parent Id */
            parent_id: number | null;
            /** Predicted Scans */
            predicted_scans: number;
            /** Project Id */
            project_id: number | null;
            /** Seconds */
            seconds: number | null;
            /** Sha256 */
            sha256: string;
            /** Shown */
            shown: boolean;
            snapshot: components["schemas"]["SnapshotRead"] | null;
            /** User Name */
            user_name: string | null;
            /** Variant */
            variant: string;
        };
        /**
         * CheckpointUpdate
         * @description Another name.
         */
        CheckpointUpdate: {
            /** Name */
            name: string;
        };
        /**
         * ClassBalanceRead
         * @description Classes in index order. Of `scans` with answers `counted` are in the shares.
         */
        ClassBalanceRead: {
            /** Answers */
            answers: number;
            /** Classes */
            classes: components["schemas"]["ClassShare"][];
            /** Counted */
            counted: number;
            /** Scans */
            scans: number;
        };
        /**
         * ClassCount
         * @description Answers that name a class.
         */
        ClassCount: {
            /** Answers */
            answers: number;
            /** Index */
            index: number;
        };
        /**
         * ClassShare
         * @description One class: the points that have it now, and its part of the surfaces of labelled scans.
         *
         *     `share`: of the points of the scans that were looked at, by their dense labels; null while there
         *     is none.
         */
        ClassShare: {
            /** Answers */
            answers: number;
            /** Color */
            color: string;
            /** Index */
            index: number;
            /** Name */
            name: string;
            /** Share */
            share: number | null;
        };
        /**
         * ComparedScan
         * @description A scan with predictions of both versions.
         */
        ComparedScan: {
            /** Flipped */
            flipped: number;
            /** Name */
            name: string;
            /** Points */
            points: number;
            /** Scan Id */
            scan_id: number;
        };
        /**
         * Comparison
         * @description What two versions say about the scans that both predicted.
         *
         *     Attributes:
         *         counts: points; rows are classes of the first, columns of the second, the last one of each
         *             is no class.
         *         agreement: part of the points that have the same class.
         *         compared: scans that are counted; fewer than `common` while the rest is being counted.
         *         common: scans that both predicted.
         *         lacking: scans that the first or the second has no prediction of.
         *         scans: those counted, the most flipped first; with `from_class` and `to_class`, `flipped`
         *             counts only points that went from one to the other.
         */
        Comparison: {
            /** Agreement */
            agreement: number | null;
            /** Common */
            common: number;
            /** Compared */
            compared: number;
            /** Counts */
            counts: number[][];
            /** First Id */
            first_id: number;
            /** Flipped */
            flipped: number;
            /** Lacking */
            lacking: [
                number,
                number
            ];
            /** Per Class */
            per_class: components["schemas"]["FlippedClass"][];
            /** Points */
            points: number;
            scans: components["schemas"]["Page_ComparedScan_"];
            /** Second Id */
            second_id: number;
        };
        /**
         * CoverageRead
         * @description How far the answers of a project reach: means over its scans, weighted by their surfaces.
         *
         *     Of `scans` that are imported `prepared` have superpoints and are in the means; `waiting` have
         *     figures to be worked out, which goes on whenever this is asked for. `stop`, `go_on` and
         *     `too_early` count the scans with answers by advice; `best` is the one where more answers are
         *     expected to bring most. `items`: the scans with answers, those where more bring most first.
         */
        CoverageRead: {
            /** Answered */
            answered: number;
            best: components["schemas"]["ScanCoverage"] | null;
            /** Explained */
            explained: number;
            /** Go On */
            go_on: number;
            /** Items */
            items: components["schemas"]["ScanCoverage"][];
            /** Needed */
            needed: number;
            /** Prepared */
            prepared: number;
            /** Reached */
            reached: number;
            /** Scans */
            scans: number;
            /** Stop */
            stop: number;
            /** Too Early */
            too_early: number;
            /** Total */
            total: number;
            /** Waiting */
            waiting: number;
        };
        /**
         * CurvePoint
         * @description How good labels from the first `answers` answers are; shares of 0 to 1.
         *
         *     `right`: of the held-out answers, each counted by the surface that it stands for, with the ends
         *     of the middle nine tenths. `right_plain` and `miou`: each answer counted once; mIoU over the
         *     classes that were answered. `agreement`: points whose class is as with the size before.
         */
        CurvePoint: {
            /** Agreement */
            agreement: number | null;
            /** Answers */
            answers: number;
            /** Miou */
            miou: number | null;
            /** Right */
            right: number | null;
            /** Right High */
            right_high: number | null;
            /** Right Low */
            right_low: number | null;
            /** Right Plain */
            right_plain: number | null;
        };
        /**
         * CurveRead
         * @description How good the labels of one scan are by the number of answers they are made from.
         *
         *     `current` says whether it is of the answers as they are now; `points` are empty while there are
         *     too few answers, or nothing is worked out yet.
         */
        CurveRead: {
            advice: components["schemas"]["AdviceRead"];
            /** Answers */
            answers: number;
            /** Current */
            current: boolean;
            /** Name */
            name: string;
            /** Needed */
            needed: number;
            /** Points */
            points: components["schemas"]["CurvePoint"][];
            /** Scan Id */
            scan_id: number;
            /** Tested */
            tested: number;
        };
        /**
         * DenseRead
         * @description What dense labels are made from; `version` changes whenever they may have changed.
         *
         *     `last_event_id` is the newest answer, or undo, of the scan.
         */
        DenseRead: {
            /** Last Event Id */
            last_event_id: number;
            /** Version */
            version: string;
        };
        /**
         * ErrorBody
         * @description The body of every answer that is not a success.
         */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * ErrorDetail
         * @description What went wrong: a stable name, a sentence, and sometimes the places.
         */
        ErrorDetail: {
            /** Code */
            code: string;
            /** Details */
            details?: {
                [key: string]: unknown;
            } | null;
            /** Message */
            message: string;
        };
        /**
         * ExportCreate
         * @description What to export, and of which scans; without `scan_ids`, of all that are ready.
         *
         *     kind: one of `GET /export-formats`. source: what dense labels are made from. done_only: only
         *     scans without open queries. other_replies: unsure, skipped and not listed, and notes, as rows of
         *     the tables. approved_only: only answers that a reviewer approved or gave. checkpoint_id: whose
         *     prediction; without, the one that the project shows.
         *
         *     The kinds "labels_ply" and "dense_ply" of older versions are taken for "ply" with a source.
         */
        ExportCreate: {
            /**
             * Approved Only
             * @default false
             */
            approved_only: boolean;
            /** Checkpoint Id */
            checkpoint_id?: number | null;
            /**
             * Done Only
             * @default false
             */
            done_only: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "sparse_csv" | "sparse_parquet" | "sparse_pth" | "ply" | "las" | "laz" | "npz" | "npy" | "semantic_kitti" | "scannet" | "boxes_json" | "kitti_boxes" | "labelcloud_rel" | "labelcloud_abs" | "supervisely" | "cvat_kitti";
            /**
             * Other Replies
             * @default true
             */
            other_replies: boolean;
            /** Scan Ids */
            scan_ids?: number[] | null;
            /**
             * Source
             * @default answers
             * @enum {string}
             */
            source: "answers" | "prediction";
        };
        /**
         * ExportFormatRead
         * @description A format that exports can be written in.
         *
         *     group: answers, a class for every point, or objects. version: of the format. holds: what is in
         *     it. files: what its files are called. confidence: it says how sure labels are. loader: Python
         *     that reads one.
         */
        ExportFormatRead: {
            /** Confidence */
            confidence: boolean;
            /** Files */
            files: string[];
            /**
             * Group
             * @enum {string}
             */
            group: "sparse" | "dense" | "objects";
            /** Holds */
            holds: string;
            /** Loader */
            loader: string;
            /**
             * Name
             * @enum {string}
             */
            name: "sparse_csv" | "sparse_parquet" | "sparse_pth" | "ply" | "las" | "laz" | "npz" | "npy" | "semantic_kitti" | "scannet" | "boxes_json" | "kitti_boxes" | "labelcloud_rel" | "labelcloud_abs" | "supervisely" | "cvat_kitti";
            /** Sources */
            sources: ("answers" | "prediction")[];
            /** Title */
            title: string;
            /** Version */
            version: string;
        };
        /**
         * ExportPreview
         * @description What an export would write now, by the code that writes it.
         *
         *     `refusal`: why there would be no file. `files` and `left_out` are the first hundred of
         *     `file_count` and `left_out_count`. `bytes_exact`: the sum is no estimate. `classes` are of the
         *     first `counted_scans` of the scans. `columns` and `sample`: the head of a CSV. `unit`: what
         *     `rows` and `classes` count.
         */
        ExportPreview: {
            /** Bytes */
            bytes: number;
            /** Bytes Exact */
            bytes_exact: boolean;
            /** Classes */
            classes: components["schemas"]["PreviewClass"][];
            /** Columns */
            columns: string[];
            /** Counted Scans */
            counted_scans: number;
            /** File Count */
            file_count: number;
            /** Filename */
            filename: string | null;
            /** Files */
            files: components["schemas"]["PreviewFile"][];
            /**
             * Kind
             * @enum {string}
             */
            kind: "sparse_csv" | "sparse_parquet" | "sparse_pth" | "ply" | "las" | "laz" | "npz" | "npy" | "semantic_kitti" | "scannet" | "boxes_json" | "kitti_boxes" | "labelcloud_rel" | "labelcloud_abs" | "supervisely" | "cvat_kitti";
            /** Left Out */
            left_out: components["schemas"]["LeftOutScan"][];
            /** Left Out Answers */
            left_out_answers: {
                [key: string]: number;
            };
            /** Left Out Count */
            left_out_count: number;
            /** Left Out Scans */
            left_out_scans: {
                [key: string]: number;
            };
            /** Refusal */
            refusal: string | null;
            /** Rows */
            rows: number;
            /** Sample */
            sample: string[][];
            /** Scan Count */
            scan_count: number;
            snapshot: components["schemas"]["PreviewSnapshot"];
            /**
             * Source
             * @enum {string}
             */
            source: "answers" | "prediction";
            /**
             * Unit
             * @enum {string}
             */
            unit: "answers" | "points" | "objects";
            /** Zipped */
            zipped: boolean;
        };
        /**
         * ExportRead
         * @description A finished export; `snapshot` says which answers and which checkpoint are in it.
         *
         *     Unknown, of exports made by an older version: who asked, the options, the checksum.
         */
        ExportRead: {
            /** Bytes */
            bytes: number;
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string | null;
            /** Filename */
            filename: string;
            /** Id */
            id: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "sparse_csv" | "sparse_parquet" | "sparse_pth" | "ply" | "las" | "laz" | "npz" | "npy" | "semantic_kitti" | "scannet" | "boxes_json" | "kitti_boxes" | "labelcloud_rel" | "labelcloud_abs" | "supervisely" | "cvat_kitti";
            /** Options */
            options: {
                [key: string]: unknown;
            } | null;
            /** Sha256 */
            sha256: string | null;
            /** Snapshot */
            snapshot: {
                [key: string]: unknown;
            };
        };
        /**
         * FixesBody
         * @description Changes to the points of a file, made on import and undone in exports.
         *
         *     `unit` is what the file's coordinates are in: they become metres. `up` is what points up in the
         *     file: it becomes +z. Points that are dropped or thinned away keep their row and take no part.
         *     `unaligned` points are not turned and moved where their file asks for that.
         */
        FixesBody: {
            /**
             * Drop Duplicates
             * @default false
             */
            drop_duplicates: boolean;
            /**
             * Thin To
             * @description Metres, or the file's unit where `unit` is not given.
             */
            thin_to?: number | null;
            /**
             * Unaligned
             * @default false
             */
            unaligned: boolean;
            /** Unit */
            unit?: ("metres" | "millimetres" | "centimetres" | "feet" | "US survey feet" | "inches") | null;
            /** Up */
            up?: ("+x" | "-x" | "+y" | "-y" | "+z" | "-z") | null;
        };
        /**
         * FlippedClass
         * @description A class, the points that either version gives it, and those that left it or came to it.
         */
        FlippedClass: {
            /** Came */
            came: number;
            /** First */
            first: number;
            /** Index */
            index: number;
            /** Left */
            left: number;
            /** Second */
            second: number;
        };
        /**
         * FlippedPatch
         * @description Points that hang together and changed alike; None is no class.
         *
         *     `position` is of the point nearest their middle, in the scan's local frame; `radius` of a ball
         *     around it that holds them all. `view` sees that point.
         */
        FlippedPatch: {
            /** From Class */
            from_class: number | null;
            /** Point Index */
            point_index: number;
            /** Points */
            points: number;
            /** Position */
            position: [
                number,
                number,
                number
            ];
            /** Radius */
            radius: number;
            /** To Class */
            to_class: number | null;
            view: components["schemas"]["View"];
        };
        /**
         * GainRead
         * @description What `clicks` more answers are expected to bring, in shares of all surfaces, and its ends.
         *
         *     The interval is meant to hold what they do bring in nine of ten cases.
         */
        GainRead: {
            /** Clicks */
            clicks: number;
            /** Expected */
            expected: number;
            /** High */
            high: number;
            /** Low */
            low: number;
        };
        /**
         * Health
         * @description The server answers.
         */
        Health: {
            /** Status */
            status: string;
            /** Version */
            version: string;
        };
        /**
         * ImportOptionsBody
         * @description What is decided about a file before it is imported.
         *
         *     `text` is how a text file is a table of points, as `TextLayout` has it; `member` which of the
         *     scans in an archive is meant.
         */
        ImportOptionsBody: {
            /**
             * @default {
             *       "drop_duplicates": false,
             *       "unaligned": false
             *     }
             */
            fixes: components["schemas"]["FixesBody"];
            /** Member */
            member?: string | null;
            /** Text */
            text?: {
                [key: string]: unknown;
            } | null;
            /**
             * Version
             * @default 1
             */
            version: number;
        };
        /**
         * InvitationCreate
         * @description Whom to bring in. A known name gets a new link and keeps its role.
         */
        InvitationCreate: {
            /** Name */
            name: string;
            /**
             * Role
             * @default annotator
             * @enum {string}
             */
            role: "lead" | "annotator";
        };
        /**
         * InvitationRead
         * @description Where the invited person signs in, once.
         */
        InvitationRead: {
            /** Name */
            name: string;
            /** Sign In Path */
            sign_in_path: string;
        };
        /**
         * JobGroup
         * @description Which jobs.
         */
        JobGroup: {
            /** Batch */
            batch?: number | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "import" | "features" | "select" | "finetune" | "predict" | "export" | "normals" | "labels" | "pack" | "restore";
        };
        /**
         * JobGroupRead
         * @description Jobs of one kind and batch, counted by state; at least one of them is under way.
         *
         *     Without a batch they have nothing in common but the kind, and so have those that are over.
         */
        JobGroupRead: {
            /** Batch */
            batch: number | null;
            /** Cancelled */
            cancelled: number;
            /** Done */
            done: number;
            /** Failed */
            failed: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "import" | "features" | "select" | "finetune" | "predict" | "export" | "normals" | "labels" | "pack" | "restore";
            /** Queued */
            queued: number;
            /** Running */
            running: number;
        };
        /**
         * JobRead
         * @description A piece of background work; `progress` is 0..1, `message` says what it does now.
         *
         *     Jobs that were queued together for many scans share a `batch`.
         */
        JobRead: {
            /** Attempts */
            attempts: number;
            /** Batch */
            batch: number | null;
            /** Created At */
            created_at: string;
            /** Error */
            error: string | null;
            /** Finished At */
            finished_at: string | null;
            /** Id */
            id: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "import" | "features" | "select" | "finetune" | "predict" | "export" | "normals" | "labels" | "pack" | "restore";
            /** Message */
            message: string;
            /** Progress */
            progress: number;
            /** Project Id */
            project_id: number | null;
            /** Result */
            result: {
                [key: string]: unknown;
            };
            /** Scan Id */
            scan_id: number | null;
            /** Scan Name */
            scan_name: string | null;
            /** Started At */
            started_at: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
        };
        /**
         * JobsCancelled
         * @description How many jobs were cancelled; running ones end within seconds.
         */
        JobsCancelled: {
            /** Cancelled */
            cancelled: number;
        };
        /**
         * LabelClassRead
         * @description One class of a list; `index` is its place in it.
         */
        LabelClassRead: {
            /** Color */
            color: string;
            /** Description */
            description: string;
            /** External Id */
            external_id: number | null;
            /** Index */
            index: number;
            /** Instanceable */
            instanceable: boolean;
            /** Key */
            key: string | null;
            /** Name */
            name: string;
            /** Parent */
            parent: string | null;
        };
        /**
         * LabelClassWrite
         * @description One class of a new list.
         *
         *     `index` is the class's present index, if it has one: so a class is renamed. Without it a class
         *     keeps its answers by its name. The new index is the place in the list.
         */
        LabelClassWrite: {
            /** Color */
            color?: string | null;
            /**
             * Description
             * @default
             */
            description: string;
            /** External Id */
            external_id?: number | null;
            /** Index */
            index?: number | null;
            /**
             * Instanceable
             * @default true
             */
            instanceable: boolean;
            /** Key */
            key?: string | null;
            /** Name */
            name: string;
            /** Parent */
            parent?: string | null;
        };
        /**
         * LabelFieldRead
         * @description A label field of one or more scans.
         *
         *     `values` is null where there are more than 1,000: it numbers something else than classes.
         *     `low_values` are those of the low 16 bits, where values go beyond them. `suggestions`: the
         *     likeliest first. `sparse`: so few points have a class that all of them may become answers.
         */
        LabelFieldRead: {
            /** Low Values */
            low_values: components["schemas"]["LabelValue"][] | null;
            /** Name */
            name: string;
            /** Numbers Objects */
            numbers_objects: boolean;
            /** Points */
            points: number;
            /** Scans */
            scans: number;
            /** Sparse */
            sparse: boolean;
            /** Suggestions */
            suggestions: components["schemas"]["MappingSuggestion"][];
            /** Values */
            values: components["schemas"]["LabelValue"][] | null;
        };
        /**
         * LabelFieldsRead
         * @description The label fields of imported scans, those that are likely to hold classes first.
         *
         *     While `waiting` scans are not 0, ask again: each request counts on for a moment.
         */
        LabelFieldsRead: {
            /** Fields */
            fields: components["schemas"]["LabelFieldRead"][];
            /** Scans */
            scans: number;
            /** Waiting */
            waiting: number;
        };
        /**
         * LabelImportCreate
         * @description Do it. `client_id` is made by the sender; sent twice, it is done once.
         */
        LabelImportCreate: {
            /** Client Id */
            client_id: string;
            /** Mapping */
            mapping: {
                [key: string]: unknown;
            };
            /**
             * Per Class
             * @default 20
             */
            per_class: number | null;
            /** Scan Ids */
            scan_ids?: number[] | null;
            /**
             * Target
             * @default answers
             * @enum {string}
             */
            target: "answers" | "truth";
        };
        /**
         * LabelImportOptions
         * @description What to make of a label field. Scans that lack the field are left out.
         *
         *     `mapping` is a class_mapping. `per_class` answers are made of each class in each scan, null:
         *     all labelled points.
         */
        LabelImportOptions: {
            /** Mapping */
            mapping: {
                [key: string]: unknown;
            };
            /**
             * Per Class
             * @default 20
             */
            per_class: number | null;
            /** Scan Ids */
            scan_ids?: number[] | null;
            /**
             * Target
             * @default answers
             * @enum {string}
             */
            target: "answers" | "truth";
        };
        /**
         * LabelImportPlan
         * @description What an import would do.
         *
         *     `left_out` scans lack the field, `waiting` ones are not looked at yet. `answers` is an upper
         *     bound where some of the scans are `answered` already: their answers stay. `replaced` scans have
         *     a ground truth, which gives way to the new one. `unlisted`: values that the mapping does not
         *     mention, and therefore ignores.
         */
        LabelImportPlan: {
            /** Answered */
            answered: number;
            /** Answers */
            answers: number;
            /** Classes */
            classes: components["schemas"]["MappedClass"][];
            /** Ignored Points */
            ignored_points: number;
            /** Left Out */
            left_out: number;
            /** Points */
            points: number;
            /** Replaced */
            replaced: number;
            /** Scans */
            scans: number;
            /** Unlisted */
            unlisted: components["schemas"]["LabelValue"][];
            /** Waiting */
            waiting: number;
        };
        /**
         * LabelImportRead
         * @description One import and what came of it. `state` is that of its job; null when that is forgotten.
         */
        LabelImportRead: {
            /** Answers */
            answers: number;
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string;
            /** Field */
            field: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: number | null;
            /** Mapping */
            mapping: {
                [key: string]: unknown;
            };
            /** Per Class */
            per_class: number | null;
            /** Points */
            points: number;
            /** Project Id */
            project_id: number;
            /** Scans */
            scans: number;
            /** State */
            state: ("queued" | "running" | "done" | "failed" | "cancelled") | null;
            /**
             * Target
             * @enum {string}
             */
            target: "answers" | "truth";
            /** Undone At */
            undone_at: string | null;
        };
        /**
         * LabelledClass
         * @description How many points have a class; `few`: some, but too few to keep any out to measure with.
         */
        LabelledClass: {
            /** Few */
            few: boolean;
            /** Index */
            index: number;
            /** Labelled */
            labelled: number;
        };
        /**
         * LabelValue
         * @description One value of a field, the points that have it, and what the file calls it.
         */
        LabelValue: {
            /** Name */
            name?: string | null;
            /** Points */
            points: number;
            /** Value */
            value: number;
        };
        /**
         * LeftOutScan
         * @description A scan that would not be in the export.
         */
        LeftOutScan: {
            /** Name */
            name: string;
            /**
             * Reason
             * @enum {string}
             */
            reason: "not_imported" | "open_queries" | "no_answers" | "no_objects" | "not_prepared" | "no_prediction";
            /** Scan Id */
            scan_id: number;
        };
        /**
         * LossesRead
         * @description The losses of a training so far; `total` steps, thinned to means of runs of them.
         */
        LossesRead: {
            /** Losses */
            losses: number[];
            /** Steps */
            steps: number[];
            /** Total */
            total: number;
        };
        /**
         * MappedClass
         * @description One class: the points that the file gives it, and the answers that come of them.
         */
        MappedClass: {
            /** Answers */
            answers: number;
            /** Index */
            index: number;
            /** Points */
            points: number;
        };
        /**
         * MappingSuggestion
         * @description A mapping that may be right: why, and the share of the points that it gives a class.
         */
        MappingSuggestion: {
            /** Mapping */
            mapping: {
                [key: string]: unknown;
            };
            /** Reason */
            reason: string;
            /**
             * Rule
             * @enum {string}
             */
            rule: "names" | "asprs" | "semantic_kitti" | "nyu40" | "index" | "external" | "from_one";
            /** Share */
            share: number;
        };
        /**
         * NetworkRead
         * @description The network that gives features and that training starts from; `note` says it in words.
         */
        NetworkRead: {
            /** Note */
            note: string;
            /** Trained */
            trained: boolean;
        };
        /**
         * NextScanRead
         * @description A scan to go on with, and why, in a sentence.
         *
         *     `open` counts the queries that the person who asks can answer. `unexplained`, 0 to 1, is the
         *     share of the scan's surfaces that its answers say nothing about; null where that is not known.
         */
        NextScanRead: {
            /** Name */
            name: string;
            /** Open */
            open: number;
            /** Reason */
            reason: string;
            /** Scan Id */
            scan_id: number;
            /** Unexplained */
            unexplained: number | null;
        };
        /**
         * NoteCreate
         * @description A note about a point, without an answer; an empty one removes the caller's note there.
         */
        NoteCreate: {
            /** Client Id */
            client_id: string;
            /** Note */
            note: string;
            /** Point Index */
            point_index: number;
            /** Query Id */
            query_id?: number | null;
        };
        /**
         * NoteRead
         * @description What a person noted at a point last.
         */
        NoteRead: {
            /** Created At */
            created_at: string;
            /** Text */
            text: string;
            /** User Name */
            user_name: string;
        };
        /**
         * PaceRead
         * @description How long answers took: the median of the newest ones that were timed; null without any.
         */
        PaceRead: {
            /** Answers */
            answers: number;
            /** Median Seconds */
            median_seconds: number | null;
        };
        /** Page[ArchiveRead] */
        Page_ArchiveRead_: {
            /** Items */
            items: components["schemas"]["ArchiveRead"][];
            /** Total */
            total: number;
        };
        /** Page[CheckpointRead] */
        Page_CheckpointRead_: {
            /** Items */
            items: components["schemas"]["CheckpointRead"][];
            /** Total */
            total: number;
        };
        /** Page[ComparedScan] */
        Page_ComparedScan_: {
            /** Items */
            items: components["schemas"]["ComparedScan"][];
            /** Total */
            total: number;
        };
        /** Page[ExportRead] */
        Page_ExportRead_: {
            /** Items */
            items: components["schemas"]["ExportRead"][];
            /** Total */
            total: number;
        };
        /** Page[FlippedPatch] */
        Page_FlippedPatch_: {
            /** Items */
            items: components["schemas"]["FlippedPatch"][];
            /** Total */
            total: number;
        };
        /** Page[JobRead] */
        Page_JobRead_: {
            /** Items */
            items: components["schemas"]["JobRead"][];
            /** Total */
            total: number;
        };
        /** Page[LabelImportRead] */
        Page_LabelImportRead_: {
            /** Items */
            items: components["schemas"]["LabelImportRead"][];
            /** Total */
            total: number;
        };
        /** Page[PersonRead] */
        Page_PersonRead_: {
            /** Items */
            items: components["schemas"]["PersonRead"][];
            /** Total */
            total: number;
        };
        /** Page[ProjectRead] */
        Page_ProjectRead_: {
            /** Items */
            items: components["schemas"]["ProjectRead"][];
            /** Total */
            total: number;
        };
        /** Page[UploadRead] */
        Page_UploadRead_: {
            /** Items */
            items: components["schemas"]["UploadRead"][];
            /** Total */
            total: number;
        };
        /**
         * PairAgreement
         * @description How often two people agree at points that both named a class for; kappa is Cohen's.
         */
        PairAgreement: {
            /** Agreed */
            agreed: number;
            /** Kappa */
            kappa: number | null;
            /** Points */
            points: number;
            /** Users */
            users: [
                string,
                string
            ];
        };
        /**
         * PersonActivity
         * @description What one person did.
         *
         *     `replies` and `spent_s` are of all time; `counts` (replies in each bucket), `seconds` and
         *     `per_hour` are of the range. `spent_s` adds up the seconds of replies, each counted as five
         *     minutes at most. `per_hour`: replies per hour of the clock in which there was any.
         */
        PersonActivity: {
            /** Counts */
            counts: number[];
            /** Name */
            name: string;
            /** Per Hour */
            per_hour: number | null;
            replies: components["schemas"]["ReplyCounts"];
            seconds: components["schemas"]["SecondsRead"] | null;
            /** Spent S */
            spent_s: number;
            /** User Id */
            user_id: number;
        };
        /**
         * PersonRead
         * @description A person as leads see them. `signed_in`: some browser of theirs still is.
         */
        PersonRead: {
            /** Created At */
            created_at: string;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "lead" | "annotator";
            /** Signed In */
            signed_in: boolean;
        };
        /**
         * PredictedRead
         * @description What a checkpoint says of a point; `class_index` is null where its class is gone.
         */
        PredictedRead: {
            /** Checkpoint Id */
            checkpoint_id: number;
            /** Checkpoint Name */
            checkpoint_name: string;
            /** Class Index */
            class_index: number | null;
            /** Confidence */
            confidence: number;
        };
        /**
         * PredictionRead
         * @description The prediction that is shown; `version` changes whenever its bytes do.
         *
         *     Its training saw the answers up to the event `last_event_id`.
         */
        PredictionRead: {
            /** Checkpoint Id */
            checkpoint_id: number;
            /** Created At */
            created_at: string;
            /** Last Event Id */
            last_event_id: number;
            /** Version */
            version: string;
        };
        /**
         * PredictionsQueued
         * @description How many predictions were queued: of scans that had none by the checkpoint.
         */
        PredictionsQueued: {
            /** Queued */
            queued: number;
        };
        /**
         * PresetRead
         * @description A ready class list.
         */
        PresetRead: {
            /** Classes */
            classes: components["schemas"]["LabelClassRead"][];
            /** Name */
            name: string;
            /** Title */
            title: string;
        };
        /**
         * PreviewClass
         * @description Rows or points with a class; `index` is null for those without one.
         */
        PreviewClass: {
            /** Count */
            count: number;
            /** Index */
            index: number | null;
        };
        /**
         * PreviewFile
         * @description A file that would be written: its rows or points, and bytes before any compression.
         */
        PreviewFile: {
            /** Bytes */
            bytes: number;
            /** Name */
            name: string;
            /** Rows */
            rows: number;
            /** Scan Id */
            scan_id: number | null;
            /** Scan Name */
            scan_name: string | null;
        };
        /**
         * PreviewSnapshot
         * @description The state of the logs that the preview is of.
         */
        PreviewSnapshot: {
            /** Answers */
            answers: number;
            /** Checkpoint Id */
            checkpoint_id: number | null;
            /** Checkpoint Name */
            checkpoint_name: string | null;
            /** Last Event Id */
            last_event_id: number;
            /** Last Review Id */
            last_review_id: number;
        };
        /**
         * ProjectCounts
         * @description Numbers over all scans of a project.
         */
        ProjectCounts: {
            /**
             * Answered
             * @default 0
             */
            answered: number;
            /**
             * Queries
             * @default 0
             */
            queries: number;
            /**
             * Scans
             * @default 0
             */
            scans: number;
            /**
             * Skipped
             * @default 0
             */
            skipped: number;
            /**
             * Unlisted
             * @default 0
             */
            unlisted: number;
            /**
             * Unsure
             * @default 0
             */
            unsure: number;
        };
        /**
         * ProjectCreate
         * @description A new project: `preset` or `classes`, or neither for the preset scannet20.
         */
        ProjectCreate: {
            /**
             * Auto Select
             * @default true
             */
            auto_select: boolean;
            /**
             * Budget
             * @default 20
             */
            budget: number;
            /** Classes */
            classes?: components["schemas"]["LabelClassWrite"][] | null;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Hide Predictions
             * @default false
             */
            hide_predictions: boolean;
            /** Name */
            name: string;
            /** Preset */
            preset?: string | null;
            /**
             * Strategy
             * @default mixed
             * @enum {string}
             */
            strategy: "random" | "kmeans_color" | "kmeans_features" | "diverse" | "uncertain" | "mixed";
        };
        /**
         * ProjectRead
         * @description A project.
         */
        ProjectRead: {
            /** Auto Select */
            auto_select: boolean;
            /** Budget */
            budget: number;
            /** Classes */
            classes: components["schemas"]["LabelClassRead"][];
            counts: components["schemas"]["ProjectCounts"];
            /** Created At */
            created_at: string;
            /** Description */
            description: string;
            /** Hide Predictions */
            hide_predictions: boolean;
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Shown Checkpoint Id */
            shown_checkpoint_id: number | null;
            /**
             * Strategy
             * @enum {string}
             */
            strategy: "random" | "kmeans_color" | "kmeans_features" | "diverse" | "uncertain" | "mixed";
        };
        /**
         * ProjectUpdate
         * @description What is given is changed.
         */
        ProjectUpdate: {
            /** Auto Select */
            auto_select?: boolean | null;
            /** Budget */
            budget?: number | null;
            /** Description */
            description?: string | null;
            /** Hide Predictions */
            hide_predictions?: boolean | null;
            /** Name */
            name?: string | null;
            /** Shown Checkpoint Id */
            shown_checkpoint_id?: number | null;
            /** Strategy */
            strategy?: ("random" | "kmeans_color" | "kmeans_features" | "diverse" | "uncertain" | "mixed") | null;
        };
        /**
         * QueryNumbers
         * @description Queries by state.
         */
        QueryNumbers: {
            /**
             * Answered
             * @default 0
             */
            answered: number;
            /**
             * Open
             * @default 0
             */
            open: number;
            /**
             * Skipped
             * @default 0
             */
            skipped: number;
            /**
             * Total
             * @default 0
             */
            total: number;
            /**
             * Unlisted
             * @default 0
             */
            unlisted: number;
            /**
             * Unsure
             * @default 0
             */
            unsure: number;
        };
        /**
         * QueryRead
         * @description A point to answer; `leased_by` names another person who works on it now.
         *
         *     notes: the newest of each person, oldest first. sent_back: why it is open again, if a reviewer
         *     sent the last answer back.
         */
        QueryRead: {
            answer: components["schemas"]["AnswerRead"] | null;
            /** Id */
            id: number;
            /** Leased By */
            leased_by: string | null;
            /** Notes */
            notes: components["schemas"]["NoteRead"][];
            /** Point Index */
            point_index: number;
            /** Position */
            position: [
                number,
                number,
                number
            ];
            /** Rank */
            rank: number;
            /** Round Id */
            round_id: number;
            sent_back: components["schemas"]["SentBack"] | null;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "answered" | "unsure" | "skipped" | "unlisted";
            /** Strategy */
            strategy: string;
            view: components["schemas"]["View"];
        };
        /**
         * QueuePlace
         * @description How many jobs run or wait in front of a queued one.
         */
        QueuePlace: {
            /** Ahead */
            ahead: number;
        };
        /**
         * Readiness
         * @description Whether training can start; `reasons` say why not. `labelled_scans` have labelled points.
         */
        Readiness: {
            /** Classes */
            classes: components["schemas"]["LabelledClass"][];
            /** Labelled Points */
            labelled_points: number;
            /** Labelled Scans */
            labelled_scans: number;
            /** Ready */
            ready: boolean;
            /** Reasons */
            reasons: string[];
        };
        /**
         * RecordCount
         * @description How many records are of one class, and of one object where objects are counted.
         */
        RecordCount: {
            /** Class Index */
            class_index: number | null;
            /** Instance */
            instance: number | null;
            /** Records */
            records: number;
        };
        /**
         * RecordCounts
         * @description What the records of a scan are, the most frequent first; none without an object.
         */
        RecordCounts: {
            /** Counts */
            counts: components["schemas"]["RecordCount"][];
            /** Records */
            records: number;
        };
        /**
         * RedoCreate
         * @description Give the answer again that the caller took back last; sent twice, it is given once.
         */
        RedoCreate: {
            /** Client Id */
            client_id: string;
        };
        /**
         * RedoRead
         * @description What was given again: nothing if the caller has answered since, or took nothing back.
         */
        RedoRead: {
            /** Query Id */
            query_id: number | null;
            redone: components["schemas"]["AnswerRead"] | null;
        };
        /**
         * RefusedRead
         * @description Scans to which an action was not done, and why; `names` are the first few of them.
         */
        RefusedRead: {
            /** Count */
            count: number;
            /** Names */
            names: string[];
            /**
             * Reason
             * @enum {string}
             */
            reason: "not_ready" | "prepared" | "under_way" | "not_failed" | "file_gone";
        };
        /**
         * ReplyCount
         * @description Answers by kind.
         */
        ReplyCount: {
            /** Answers */
            answers: number;
            /**
             * Reply
             * @enum {string}
             */
            reply: "class" | "unsure" | "skip" | "unlisted";
        };
        /**
         * ReplyCounts
         * @description What people sent, each reply counted when it was given, whatever became of it.
         *
         *     `labelled` named a class. `undone` were taken back. `imported` came in files and are in none of
         *     the others.
         */
        ReplyCounts: {
            /**
             * Imported
             * @default 0
             */
            imported: number;
            /**
             * Labelled
             * @default 0
             */
            labelled: number;
            /**
             * Skipped
             * @default 0
             */
            skipped: number;
            /**
             * Undone
             * @default 0
             */
            undone: number;
            /**
             * Unlisted
             * @default 0
             */
            unlisted: number;
            /**
             * Unsure
             * @default 0
             */
            unsure: number;
        };
        /**
         * ReviewCreate
         * @description A verdict on one answer. `client_id` is made by the sender; sent twice, it counts once.
         *
         *     "correct" gives the class that counts instead; the reviewer answers for it.
         */
        ReviewCreate: {
            /** Class Index */
            class_index?: number | null;
            /** Client Id */
            client_id: string;
            /** Instance */
            instance?: number | null;
            /** Note */
            note?: string | null;
            /** Seconds */
            seconds?: number | null;
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "approve" | "send_back" | "correct";
        };
        /**
         * ReviewDetail
         * @description One answer with what else is known of its point.
         *
         *     `live`: false if its author took it back or answered again. `view`: the query's, if it is one.
         *     `prediction_then`: what was on screen when the answer was given. `others`: what other people
         *     answered at the point.
         */
        ReviewDetail: {
            answer: components["schemas"]["AnswerRead"];
            /** Contradicted */
            contradicted: boolean;
            /** Live */
            live: boolean;
            /** Others */
            others: components["schemas"]["ReviewItem"][];
            /** Own */
            own: boolean;
            prediction: components["schemas"]["PredictedRead"] | null;
            prediction_then: components["schemas"]["PredictedRead"] | null;
            review: components["schemas"]["ReviewRead"] | null;
            /** Scan Name */
            scan_name: string;
            /**
             * State
             * @enum {string}
             */
            state: "unreviewed" | "approved" | "sent_back" | "corrected" | "correction";
            view: components["schemas"]["View"] | null;
        };
        /**
         * ReviewIds
         * @description Ids of the answers to walk, in order: the first 20,000.
         */
        ReviewIds: {
            /** Answer Ids */
            answer_ids: number[];
            /** Total */
            total: number;
        };
        /**
         * ReviewItem
         * @description A live answer, what a reviewer said of it, and what the shown checkpoint says of the point.
         *
         *     `own`: the person who asks gave it. `contradicted`: the prediction is another class.
         */
        ReviewItem: {
            answer: components["schemas"]["AnswerRead"];
            /** Contradicted */
            contradicted: boolean;
            /** Own */
            own: boolean;
            prediction: components["schemas"]["PredictedRead"] | null;
            review: components["schemas"]["ReviewRead"] | null;
            /** Scan Name */
            scan_name: string;
            /**
             * State
             * @enum {string}
             */
            state: "unreviewed" | "approved" | "sent_back" | "corrected" | "correction";
        };
        /**
         * ReviewPage
         * @description Answers to review; `last_answer_id` is the newest of the project, for approving them all.
         */
        ReviewPage: {
            /** Items */
            items: components["schemas"]["ReviewItem"][];
            /** Last Answer Id */
            last_answer_id: number;
            /** Total */
            total: number;
        };
        /**
         * ReviewRead
         * @description The verdict in force on an answer.
         */
        ReviewRead: {
            /** Correction Id */
            correction_id: number | null;
            /** Created At */
            created_at: string;
            /** Id */
            id: number;
            /** Note */
            note: string | null;
            /** Reviewer */
            reviewer: string;
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "approve" | "send_back" | "correct";
        };
        /**
         * ReviewSummary
         * @description What there is to review in a project.
         *
         *     `alpha`: Krippendorff's, over all points that several people named a class for; null without
         *     any, or where everybody named one and the same class.
         */
        ReviewSummary: {
            /** Alpha */
            alpha: number | null;
            /** Answers */
            answers: number;
            /** Classes */
            classes: components["schemas"]["ClassCount"][];
            /** Contradicted */
            contradicted: number;
            /** Noted */
            noted: number;
            /** Pairs */
            pairs: components["schemas"]["PairAgreement"][];
            /** People Disagree */
            people_disagree: number;
            /** Predicted */
            predicted: number;
            /** Replies */
            replies: components["schemas"]["ReplyCount"][];
            /** Shared Points */
            shared_points: number;
            states: components["schemas"]["StateCount"];
            /** Users */
            users: components["schemas"]["UserCount"][];
        };
        /**
         * ReviewUndone
         * @description What is unreviewed again: how many answers, and one of them.
         */
        ReviewUndone: {
            /** Answer Id */
            answer_id: number | null;
            /** Answers */
            answers: number;
        };
        /**
         * RightAndWrong
         * @description Records of the tiles whose label is the true class, and is not; others have no truth.
         */
        RightAndWrong: {
            /** Records */
            records: number;
            /** Right */
            right: number;
            /** Wrong */
            wrong: number;
        };
        /**
         * RoundCreate
         * @description How to choose how many further points.
         */
        RoundCreate: {
            /** Budget */
            budget: number;
            /**
             * Scaling
             * @default scaled
             * @enum {string}
             */
            scaling: "scaled" | "reference";
            /**
             * Seed
             * @default 0
             */
            seed: number;
            /**
             * Strategy
             * @enum {string}
             */
            strategy: "random" | "kmeans_color" | "kmeans_features" | "diverse" | "uncertain" | "mixed";
        };
        /**
         * ScanCoverage
         * @description How far the answers of one scan reach; shares of 0 to 1.
         *
         *     `answered` of its `superpoints` have an answer. `explained`: share of the surfaces' variance
         *     that answers explain. `reached`: share of the surfaces that look so much like an answered one as
         *     surfaces of this scan look like their fourth most similar. All are null while they are not
         *     worked out; `current` says whether they are of the answers as they are now.
         */
        ScanCoverage: {
            advice: components["schemas"]["AdviceRead"];
            /** Answered */
            answered: number | null;
            /** Answers */
            answers: number;
            /** Current */
            current: boolean;
            /** Explained */
            explained: number | null;
            /** Name */
            name: string;
            /** Reached */
            reached: number | null;
            /** Scan Id */
            scan_id: number;
            /** Superpoints */
            superpoints: number | null;
        };
        /**
         * ScanFilter
         * @description Which scans of a project; what is not given does not matter.
         *
         *     `progress`: nobody has answered anything, or something, or every query. `person`: who has
         *     answered something, other than what they took back.
         */
        ScanFilter: {
            /**
             * Name
             * @description Part of the name.
             */
            name?: string | null;
            /** Person */
            person?: number | null;
            /**
             * Predicted
             * @description By the checkpoint that is shown.
             */
            predicted?: boolean | null;
            /** Progress */
            progress?: ("untouched" | "started" | "done") | null;
            /** State */
            state?: ("queued" | "importing" | "ready" | "failed") | null;
            /**
             * Warnings
             * @description Whether the import had any.
             */
            warnings?: boolean | null;
        };
        /**
         * ScanPage
         * @description Part of a list of scans.
         *
         *     `total` of them meet the filter, of `scans` in the project; `states` counts those that meet
         *     all of the filter but its state.
         */
        ScanPage: {
            /** Items */
            items: components["schemas"]["ScanRead"][];
            /** Scans */
            scans: number;
            states: components["schemas"]["StateNumbers"];
            /** Total */
            total: number;
        };
        /**
         * ScanRead
         * @description A scan; from `points` on most is null until it is ready.
         *
         *     The local frame is the file's after its fixes, minus `shift`, in their unit. `version` changes
         *     whenever the bytes of the tiles do: with `?v=` a browser may keep them for good. `dense` is null
         *     while the scan has no superpoints yet, or nobody ever answered. `can_retry`: its import failed,
         *     and its file is kept. `unexplained`, 0 to 1, is the
         *     share of its surfaces that the answers say nothing about, or more than that for a moment after
         *     an answer; null where that is not known. `answered_at` is when an answer was last given or taken
         *     back. `options` are what was decided before its import: exports undo that.
         */
        ScanRead: {
            /** Answered At */
            answered_at: string | null;
            /** Answers */
            answers: number;
            bounds: components["schemas"]["Bounds"] | null;
            /** Bytes */
            bytes: number;
            /** Can Retry */
            can_retry: boolean;
            /** Created At */
            created_at: string;
            dense: components["schemas"]["DenseRead"] | null;
            /** Error */
            error: string | null;
            /** Finite Points */
            finite_points: number | null;
            /** Format */
            format: string | null;
            /** Has Features */
            has_features: boolean;
            /** Id */
            id: number;
            /** Name */
            name: string;
            options: components["schemas"]["ImportOptionsBody"];
            /** Points */
            points: number | null;
            prediction: components["schemas"]["PredictionRead"] | null;
            /** Project Id */
            project_id: number;
            queries: components["schemas"]["QueryNumbers"];
            /** Shift */
            shift: [
                number,
                number,
                number
            ] | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "importing" | "ready" | "failed";
            /** Unexplained */
            unexplained: number | null;
            /** Unit */
            unit: string | null;
            /** Up */
            up: [
                number,
                number,
                number
            ] | null;
            /** Version */
            version: string | null;
            /** Voxel Size M */
            voxel_size_m: number | null;
            /** Warnings */
            warnings: string[];
        };
        /**
         * ScanStates
         * @description How many scans of a project are in which state; they add up to `total`.
         *
         *     `waiting` to be imported, `importing`, `failed`; of those that are ready: `unasked` have no
         *     queries, `untouched` have queries and no reply to any, `begun` some open queries, and
         *     `finished` none that is open.
         */
        ScanStates: {
            /**
             * Begun
             * @default 0
             */
            begun: number;
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /**
             * Finished
             * @default 0
             */
            finished: number;
            /**
             * Importing
             * @default 0
             */
            importing: number;
            /**
             * Total
             * @default 0
             */
            total: number;
            /**
             * Unasked
             * @default 0
             */
            unasked: number;
            /**
             * Untouched
             * @default 0
             */
            untouched: number;
            /**
             * Waiting
             * @default 0
             */
            waiting: number;
        };
        /**
         * ScanUpdate
         * @description What is given is changed. Another voxel size asks for other features.
         */
        ScanUpdate: {
            /** Name */
            name?: string | null;
            /** Voxel Size M */
            voxel_size_m?: number | null;
        };
        /**
         * SecondsRead
         * @description Quartiles of the seconds from a question to its reply, over `replies` that have a time.
         */
        SecondsRead: {
            /** Lower */
            lower: number;
            /** Median */
            median: number;
            /** Replies */
            replies: number;
            /** Upper */
            upper: number;
        };
        /**
         * SentBack
         * @description An answer that a reviewer wants given again: whose it was, what it was, and why.
         */
        SentBack: {
            /** Author */
            author: string;
            /** Class Index */
            class_index: number | null;
            /** Created At */
            created_at: string;
            /** Note */
            note: string | null;
            /**
             * Reply
             * @enum {string}
             */
            reply: "class" | "unsure" | "skip" | "unlisted";
            /** Reviewer */
            reviewer: string;
        };
        /**
         * SignIn
         * @description The one-time token of a sign-in link.
         */
        SignIn: {
            /** Token */
            token: string;
        };
        /**
         * SnapshotRead
         * @description The answers that a checkpoint was trained on.
         */
        SnapshotRead: {
            /** Answers */
            answers: number;
            /** Classes */
            classes: string[];
            /** Last Event Id */
            last_event_id: number;
        };
        /**
         * StateCount
         * @description Answers by what reviewers said of them.
         */
        StateCount: {
            /**
             * Approved
             * @default 0
             */
            approved: number;
            /**
             * Corrected
             * @default 0
             */
            corrected: number;
            /**
             * Correction
             * @default 0
             */
            correction: number;
            /**
             * Sent Back
             * @default 0
             */
            sent_back: number;
            /**
             * Unreviewed
             * @default 0
             */
            unreviewed: number;
        };
        /**
         * StateNumbers
         * @description Scans by state.
         */
        StateNumbers: {
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /**
             * Importing
             * @default 0
             */
            importing: number;
            /**
             * Queued
             * @default 0
             */
            queued: number;
            /**
             * Ready
             * @default 0
             */
            ready: number;
        };
        /**
         * TextLayoutRead
         * @description How a text file is a table of points.
         *
         *     `columns` has the part of each column, `skip` is the number of lines before the first point,
         *     `names` is empty or has what the file calls each column, `reason` is empty if a person said it.
         */
        TextLayoutRead: {
            /** Columns */
            columns: ("x" | "y" | "z" | "r" | "g" | "b" | "nx" | "ny" | "nz" | "intensity" | "label" | "skip")[];
            /**
             * Decimal
             * @enum {string}
             */
            decimal: "point" | "comma";
            /**
             * Delimiter
             * @enum {string}
             */
            delimiter: "blanks" | "tab" | "comma" | "semicolon";
            /** Names */
            names: string[];
            /** Reason */
            reason: string;
            /** Skip */
            skip: number;
        };
        /**
         * TextLineRead
         * @description A line, counted from 1; cut where it is very long.
         */
        TextLineRead: {
            /** Number */
            number: number;
            /** Text */
            text: string;
        };
        /**
         * TextTable
         * @description A text file as a table of points: the lines around its first point.
         *
         *     `layout` is what the check was asked with, else what it detected; null where nothing was.
         */
        TextTable: {
            layout: components["schemas"]["TextLayoutRead"] | null;
            /** Lines */
            lines: components["schemas"]["TextLineRead"][];
        };
        /**
         * TrainingCreate
         * @description What learns: a head on superpoints or on points, the last stage, or the whole network.
         */
        TrainingCreate: {
            /**
             * Seed
             * @default 0
             */
            seed: number;
            /** Steps */
            steps?: number | null;
            /**
             * Variant
             * @default superpoints
             * @enum {string}
             */
            variant: "superpoints" | "head" | "adapter" | "network";
        };
        /**
         * TruthClass
         * @description One class: its true points, and how well labels find them; null where that is not known.
         */
        TruthClass: {
            /** Index */
            index: number;
            /** Iou */
            iou: number | null;
            /** Points */
            points: number;
            /** Recall */
            recall: number | null;
        };
        /**
         * TruthRead
         * @description How far the dense labels of scans agree with their ground truth; shares of 0 to 1.
         *
         *     Of the `scans` that have one `compared` are in the figures; the others have no answers or no
         *     superpoints yet, or are `waiting`: ask again, each request goes on for a moment. `points` have a
         *     true class. `miou` is the mean over the classes that the truth has.
         */
        TruthRead: {
            /** Accuracy */
            accuracy: number | null;
            /** Classes */
            classes: components["schemas"]["TruthClass"][];
            /** Compared */
            compared: number;
            /** Miou */
            miou: number | null;
            /** Points */
            points: number;
            /** Scans */
            scans: number;
            /** Waiting */
            waiting: number;
        };
        /**
         * TruthState
         * @description Whether a scan has a ground truth; `version` changes with its classes, null without one.
         */
        TruthState: {
            /** Version */
            version: string | null;
        };
        /**
         * UndoCreate
         * @description Take back the caller's newest answer on the scan; sent twice, one answer is taken back.
         */
        UndoCreate: {
            /** Client Id */
            client_id: string;
        };
        /**
         * UndoRead
         * @description What was taken back: nothing if the caller has no live answer on the scan.
         */
        UndoRead: {
            /** Query Id */
            query_id: number | null;
            undone: components["schemas"]["AnswerRead"] | null;
        };
        /**
         * UndoReview
         * @description Take back the caller's newest verdict in the project, or all of it if it was about many.
         */
        UndoReview: {
            /** Client Id */
            client_id: string;
        };
        /**
         * UploadCheck
         * @description What is known of the bytes: their SHA-256, if the sender worked it out.
         *
         *     With other `options` than before, a file is looked at again. `tables` are layouts of text tables
         *     in an archive, as `TextLayout` has them, by the member that names each of them.
         */
        UploadCheck: {
            /**
             * @default {
             *       "fixes": {
             *         "drop_duplicates": false,
             *         "unaligned": false
             *       },
             *       "version": 1
             *     }
             */
            options: components["schemas"]["ImportOptionsBody"];
            /** Sha256 */
            sha256?: string | null;
            /** Tables */
            tables?: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
        };
        /**
         * UploadCreate
         * @description A file that will be sent. A known fingerprint goes on where it stopped.
         */
        UploadCreate: {
            /** Bytes */
            bytes: number;
            /** Fingerprint */
            fingerprint: string;
            /** Name */
            name: string;
        };
        /**
         * UploadImport
         * @description What is decided about the file; null leaves it at what the check was asked with.
         */
        UploadImport: {
            options?: components["schemas"]["ImportOptionsBody"] | null;
        };
        /**
         * UploadLeftOut
         * @description A file of an archive that belongs to no scan.
         */
        UploadLeftOut: {
            /** File */
            file: string;
            /** Reason */
            reason: string;
        };
        /**
         * UploadProblem
         * @description Why a check found no scan in the file.
         */
        UploadProblem: {
            /** Code */
            code: string;
            /** Message */
            message: string;
        };
        /**
         * UploadRead
         * @description A file on its way in.
         *
         *     `receiving`: bytes from `received` on are missing. `received`: it can be checked. `checked`: it
         *     can be imported; without a preflight the check was given up, as `problem` says. `refused`: it
         *     cannot. `twins` are scans of the project with this name and size, or these very bytes.
         *     `options` are those of the check. `text_table` is null until then, and where a layout of text
         *     would be of no use. `scans` are those of an archive, once it is checked; it has a preflight
         *     itself if there is one only. `tables` are the text tables among them. `scan_id` is the first
         *     that became of it. An archive of a project has no `project_id`, goes from `received` to
         *     `imported`, and `job_id` imports it.
         */
        UploadRead: {
            /** Bytes */
            bytes: number;
            /** Created At */
            created_at: string;
            /** Expires At */
            expires_at: string;
            /** Fingerprint */
            fingerprint: string;
            /** Id */
            id: number;
            /** Job Id */
            job_id: number | null;
            /** Left Out */
            left_out: components["schemas"]["UploadLeftOut"][];
            /** Name */
            name: string;
            options: components["schemas"]["ImportOptionsBody"];
            /** Preflight */
            preflight: {
                [key: string]: unknown;
            } | null;
            problem: components["schemas"]["UploadProblem"] | null;
            /** Project Id */
            project_id: number | null;
            /** Received */
            received: number;
            /** Scan Id */
            scan_id: number | null;
            /** Scans */
            scans: components["schemas"]["UploadScan"][];
            /**
             * State
             * @enum {string}
             */
            state: "receiving" | "received" | "checked" | "refused" | "imported";
            /** Tables */
            tables: components["schemas"]["ArchiveTable"][];
            text_table: components["schemas"]["TextTable"] | null;
            /** Twins */
            twins: string[];
        };
        /**
         * UploadScan
         * @description One scan of an archive.
         *
         *     Without a preflight and a problem it was not looked at, as it would have taken too long.
         *     `member` is its path in the archive, `title` its name as a scan.
         */
        UploadScan: {
            /** Bytes */
            bytes: number;
            /** Files */
            files: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "file" | "sweep" | "scannet" | "s3dis" | "arrays" | "frames";
            /** Member */
            member: string;
            /** Preflight */
            preflight: {
                [key: string]: unknown;
            } | null;
            problem: components["schemas"]["UploadProblem"] | null;
            /** Scan Id */
            scan_id: number | null;
            /** Title */
            title: string;
        };
        /**
         * UserCount
         * @description Answers of one person.
         */
        UserCount: {
            /** Answers */
            answers: number;
            /** Approved */
            approved: number;
            /** Corrected */
            corrected: number;
            /** Name */
            name: string;
            /** Sent Back */
            sent_back: number;
        };
        /**
         * UserRead
         * @description A person.
         */
        UserRead: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "lead" | "annotator";
        };
        /**
         * VersionRead
         * @description A checkpoint as a point of a learning curve; shares of 0 to 1.
         *
         *     `answers` it was trained on; `miou` and `accuracy` on `measured` of them that were kept out;
         *     `agreement`: points with the same class as by the version before. Null where not measured.
         */
        VersionRead: {
            /** Accuracy */
            accuracy: number | null;
            /** Agreement */
            agreement: number | null;
            /** Answers */
            answers: number;
            /** Checkpoint Id */
            checkpoint_id: number;
            /** Created At */
            created_at: string;
            /** Measured */
            measured: number;
            /** Miou */
            miou: number | null;
            /** Name */
            name: string;
            /** Variant */
            variant: string;
        };
        /**
         * VersionsRead
         * @description The newest checkpoints of a project, by answers, and how many there are.
         */
        VersionsRead: {
            /** Items */
            items: components["schemas"]["VersionRead"][];
            /** Total */
            total: number;
        };
        /**
         * View
         * @description A camera in the local frame.
         */
        View: {
            /** Eye */
            eye: [
                number,
                number,
                number
            ];
            /** Target */
            target: [
                number,
                number,
                number
            ];
            /** Up */
            up: [
                number,
                number,
                number
            ];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    reviews_read_review: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                answer_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewDetail"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_create_review: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                answer_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReviewCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewDetail"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description answer_replaced: The answer counts no more: its author took it back or answered again.
             *     client_id_taken: The client_id belongs to something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_delete_checkpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                checkpoint_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description checkpoint_in_use: The checkpoint cannot be deleted: something needs it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_update_checkpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                checkpoint_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckpointUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckpointRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_download_checkpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                checkpoint_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_predict_lacking: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                checkpoint_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PredictionsQueued"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    events_stream_events: {
        parameters: {
            query?: {
                project_id?: number | null;
            };
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_list_formats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportFormatRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_delete_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_read_manifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    server_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_inspect: {
        parameters: {
            query?: {
                /** @description The file's name, for people. */
                name?: string;
                /** @description `ImportOptionsBody` as JSON: fixes of the points. */
                options?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description upload_broken_off: The sender went away; nobody reads this answer. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description unreadable_scan: A scan file is damaged, or says something about itself that is not so.
             *     unsupported_format: A scan file is of a format, or of a dialect of one, that no reader handles.
             *     inspection_timeout: Reading the file takes too long.
             *     invalid_import_options: An option of an import is unknown, or has a value that it cannot have.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    users_invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description role_mismatch: An invitation names someone who already has another role. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_list_jobs: {
        parameters: {
            query?: {
                /** @description Only queued and running jobs, or only those that are over. */
                active?: boolean | null;
                kind?: ("import" | "features" | "select" | "finetune" | "predict" | "export" | "normals" | "labels" | "pack" | "restore") | null;
                limit?: number;
                offset?: number;
                project_id?: number | null;
                scan_id?: number | null;
                state?: ("queued" | "running" | "done" | "failed" | "cancelled") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_read_one: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_read_log: {
        parameters: {
            query?: {
                after?: number | null;
            };
            header?: never;
            path: {
                job_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_read_losses: {
        parameters: {
            query?: {
                points?: number;
            };
            header?: never;
            path: {
                job_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LossesRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_read_queue_place: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuePlace"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_undo_label_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelImportRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_read_network: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NetworkRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    users_list_people: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PersonRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_list_presets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresetRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_import_archive": {
        parameters: {
            query?: {
                /** @description What people call the file. */
                filename?: string;
                /** @description Name of the project; its own by default. */
                name?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description upload_broken_off: The sender went away; nobody reads this answer. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description damaged_archive: A file is no archive of a project, is cut short, or contradicts itself.
             *     archive_too_new: An archive was made by a newer version of fewpoints.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_begin_upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadCreate"];
            };
        };
        responses: {
            /** @description The same file was begun before and goes on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_list_projects: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProjectRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description invalid_classes: A class list breaks one of its own rules.
             *     invalid: A value is well-formed but not possible here.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_read_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_delete_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_update_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_read_size": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArchiveSize"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_list_archives": {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ArchiveRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_start_pack": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ArchiveCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_list_authors: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_list_checkpoints: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CheckpointRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_replace_classes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelClassWrite"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description classes_in_use: A class that has answers would vanish. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description invalid_classes: A class list breaks one of its own rules.
             *     invalid: A value is well-formed but not possible here.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    comparisons_read_comparison: {
        parameters: {
            query?: {
                /** @description 255 is no class. */
                from_class?: number | null;
                limit?: number;
                offset?: number;
                /** @description 255 is no class. */
                to_class?: number | null;
            };
            header?: never;
            path: {
                first_id: number;
                project_id: number;
                second_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description nothing_in_common: No scan has predictions of both checkpoints. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    comparisons_list_patches: {
        parameters: {
            query?: {
                /** @description 255 is no class. */
                from_class?: number | null;
                limit?: number;
                offset?: number;
                /** @description 255 is no class. */
                to_class?: number | null;
            };
            header?: never;
            path: {
                first_id: number;
                project_id: number;
                scan_id: number;
                second_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FlippedPatch_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description nothing_in_common: No scan has predictions of both checkpoints. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_project_activity: {
        parameters: {
            query?: {
                /** @description How far back, today included. */
                days?: number;
                /** @description How many people are listed. */
                limit?: number;
                /** @description An IANA name, such as Europe/Berlin; UTC if unknown. */
                time_zone?: string;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityRead"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_class_balance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassBalanceRead"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_project_coverage: {
        parameters: {
            query?: {
                /** @description How many scans are listed. */
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoverageRead"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_scan_states: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanStates"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_project_versions: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionsRead"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_list_exports: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ExportRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_start_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description nothing_to_export: There is nothing of this kind yet. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    exports_preview_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportPreview"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_project_truth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TruthRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_list_groups: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobGroupRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_cancel_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobGroup"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobsCancelled"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_list_label_fields: {
        parameters: {
            query?: {
                scan_id?: number[] | null;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelFieldsRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_list_label_imports: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_LabelImportRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_start_label_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelImportCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelImportRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description conflict: The request contradicts the present state.
             *     nothing_to_import: No point of the chosen scans would get a class.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description invalid: A value is well-formed but not possible here.
             *     invalid_mapping: A class mapping contradicts itself, the classes, or the file.
             *     too_many_answers: More points would become answers than make sense.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_preview_label_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelImportOptions"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelImportPlan"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description invalid: A value is well-formed but not possible here.
             *     invalid_mapping: A class mapping contradicts itself, the classes, or the file.
             *     too_many_answers: More points would become answers than make sense.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    coverage_list_next_scans: {
        parameters: {
            query?: {
                /** @description How many scans. */
                limit?: number;
                /** @description A scan to leave out: the one just labelled. */
                without?: number | null;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NextScanRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    projects_read_pace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaceRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_list_reviews: {
        parameters: {
            query?: {
                after?: string | null;
                before?: string | null;
                class_index?: number[];
                disagrees?: ("prediction" | "people") | null;
                limit?: number;
                noted?: boolean | null;
                offset?: number;
                reply?: ("class" | "unsure" | "skip" | "unlisted")[];
                scan_id?: number[];
                sort?: "newest" | "oldest" | "contradicted";
                state?: ("unreviewed" | "approved" | "sent_back" | "corrected" | "correction")[];
                user?: string[];
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewPage"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_approve_all: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApproveAll"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovedAll"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description client_id_taken: The client_id belongs to something else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_summarise_reviews: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewSummary"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_undo_review: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoReview"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewUndone"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description client_id_taken: The client_id belongs to something else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    reviews_walk_reviews: {
        parameters: {
            query?: {
                after?: string | null;
                before?: string | null;
                class_index?: number[];
                disagrees?: ("prediction" | "people") | null;
                noted?: boolean | null;
                reply?: ("class" | "unsure" | "skip" | "unlisted")[];
                scan_id?: number[];
                sort?: "newest" | "oldest" | "contradicted";
                state?: ("unreviewed" | "approved" | "sent_back" | "corrected" | "correction")[];
                user?: string[];
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewIds"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_list_scan_ids: {
        parameters: {
            query?: {
                descending?: boolean;
                limit?: number;
                /** @description Part of the name. */
                name?: string | null;
                offset?: number;
                person?: number | null;
                /** @description By the checkpoint that is shown. */
                predicted?: boolean | null;
                progress?: ("untouched" | "started" | "done") | null;
                sort?: "created" | "name" | "points" | "state" | "answered" | "unexplained" | "active";
                state?: ("queued" | "importing" | "ready" | "failed") | null;
                /** @description Whether the import had any. */
                warnings?: boolean | null;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": number[];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_list_scans: {
        parameters: {
            query?: {
                descending?: boolean;
                limit?: number;
                /** @description Part of the name. */
                name?: string | null;
                offset?: number;
                person?: number | null;
                /** @description By the checkpoint that is shown. */
                predicted?: boolean | null;
                progress?: ("untouched" | "started" | "done") | null;
                sort?: "created" | "name" | "points" | "state" | "answered" | "unexplained" | "active";
                state?: ("queued" | "importing" | "ready" | "failed") | null;
                /** @description Whether the import had any. */
                warnings?: boolean | null;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanPage"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_upload_scan: {
        parameters: {
            query?: {
                /** @description The file's name, for people. */
                name?: string;
                /** @description `ImportOptionsBody` as JSON: fixes of the points. */
                options?: string;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanRead"];
                };
            };
            /** @description upload_broken_off: The sender went away; nobody reads this answer. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description invalid: A value is well-formed but not possible here.
             *     invalid_import_options: An option of an import is unknown, or has a value that it cannot have.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_change_many: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description count_changed: Other scans are there than the request meant. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_read_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_start_training: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrainingCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_enough_answers: There are too few labelled points to train on.
             *     training_running: The project is being trained already.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_list_uploads: {
        parameters: {
            query?: {
                limit?: number;
                offset?: number;
            };
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_UploadRead_"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_begin_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadCreate"];
            };
        };
        responses: {
            /** @description The same file was begun before and goes on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rounds_lease: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                query_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description leased_elsewhere: Somebody else works on this query now. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_delete_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_update_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScanUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_compared: {
        parameters: {
            query?: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description no_truth: The scan has no ground truth.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_count_compared: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightAndWrong"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description no_truth: The scan has no ground truth.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_list_answers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnswerRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_create_answer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerCreate"];
            };
        };
        responses: {
            /** @description The client_id is known: what was stored then. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnswerRead"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnswerRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description scan_not_ready: The scan is not imported.
             *     client_id_taken: The client_id belongs to something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_import_answers: {
        parameters: {
            query?: {
                name?: string;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnswersImported"];
                };
            };
            /** @description upload_broken_off: The sender went away; nobody reads this answer. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description too_large: The body is larger than this server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid_labels: A file or table of sparse labels cannot be used; the message names the line. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    channels_list_channels: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChannelRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    channels_read_channel: {
        parameters: {
            query?: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                name: "intensity" | "normals" | "features";
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_channel: The channel is not there.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    channels_make_channel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: "intensity" | "normals" | "features";
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description scan_not_ready: The scan is not imported.
             *     nothing_to_make: The channel is there, or cannot be.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dense_read_dense: {
        parameters: {
            query?: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dense_count_dense: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordCounts"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_prepare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_ground_truth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TruthRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_label_fields: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelFieldsRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dashboard_read_learning_curve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CurveRead"];
                };
            };
            /** @description As the client has it, by If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rounds_ask_next_point: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description scan_not_ready: The scan is not imported.
             *     nothing_to_ask: Every superpoint of a scan was asked about.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_create_note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoteCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoteRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description scan_not_ready: The scan is not imported.
             *     client_id_taken: The client_id belongs to something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    channels_read_objects: {
        parameters: {
            query?: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    channels_read_object_counts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordCounts"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_answers: No point of the scan has a class.
             *     superpoints_missing: The scan is not prepared for dense labels.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_read_prediction: {
        parameters: {
            query?: {
                checkpoint?: number | null;
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_prediction: The scan has no prediction, or none of this checkpoint.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    training_count_prediction: {
        parameters: {
            query?: {
                checkpoint?: number | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordCounts"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description not_found: Something with this id does not exist.
             *     no_prediction: The scan has no prediction, or none of this checkpoint.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_preflight: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rounds_list_queries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_record_ranges: {
        parameters: {
            query: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges: string;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_redo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedoCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RedoRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description client_id_taken: The client_id belongs to something else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description cannot_retry: The import cannot be tried again. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_root: {
        parameters: {
            query: {
                /** @description About so many in all. */
                points: number;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rounds_start_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoundCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_tiles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scans_read_tile_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_truth_state: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TruthState"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_read_truth: {
        parameters: {
            query?: {
                /** @description Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB. */
                ranges?: string | null;
            };
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description no_truth: The scan has no ground truth. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description other_version: The bytes that were asked for are not the present ones. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    labels_count_truth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordCounts"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description no_truth: The scan has no ground truth. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description scan_not_ready: The scan is not imported. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    answers_undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UndoRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description client_id_taken: The client_id belongs to something else. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    users_read_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    users_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserRead"];
                };
            };
            /** @description token_spent: A sign-in link that was used, has expired or never existed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    users_sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_read_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_cancel_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_send_bytes: {
        parameters: {
            query: {
                /** @description Place of the body in the file. */
                offset: number;
            };
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description upload_broken_off: The sender went away; nobody reads this answer. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description wrong_offset: The bytes do not follow on those that are here.
             *     upload_busy: Somebody else is writing to the upload just now, or checking it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description invalid: A value is well-formed but not possible here. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_check_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadCheck"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description upload_state: The upload is not as far as this needs it to be.
             *     upload_busy: Somebody else is writing to the upload just now, or checking it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description upload_damaged: The bytes that arrived are not those that were sent.
             *     invalid_text_layout: A description of a text table contradicts itself.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    "project-archives_import_upload": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ArchiveImport"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobRead"];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description upload_state: The upload is not as far as this needs it to be.
             *     upload_busy: Somebody else is writing to the upload just now, or checking it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description damaged_archive: A file is no archive of a project, is cut short, or contradicts itself.
             *     archive_too_new: An archive was made by a newer version of fewpoints.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    uploads_import_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UploadImport"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScanRead"][];
                };
            };
            /** @description not_signed_in: The request carries no valid sign-in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description forbidden: The user's role does not allow this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description not_found: Something with this id does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /**
             * @description upload_state: The upload is not as far as this needs it to be.
             *     upload_busy: Somebody else is writing to the upload just now, or checking it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description validation: a value is not valid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description disk_full: The disk has too little free space. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
}
