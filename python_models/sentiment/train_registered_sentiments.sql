-- The versions of the registry that this build can use.
{{ config(materialized='view') }}

with

artifacts as (

    select * from {{ source('marquee', 'model_artifacts') }}

),

champions as (

    select * from {{ source('marquee', 'model_champions') }}

),

windows as (

    select * from {{ ref('feat_snapshot_windows') }}
    where is_latest

),

latest as (

    select max(as_of_date) as as_of_date
    from windows

),

{{ usable_versions('sentiment') }}

{{ artifacts_of_usable('sentiment') }}
