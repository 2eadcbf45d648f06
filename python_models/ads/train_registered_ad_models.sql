-- The versions of the registry that this build can use.
{{ config(materialized='view') }}

with

artifacts as (

    select * from {{ source('marquee', 'model_artifacts') }}

),

champions as (

    select * from {{ source('marquee', 'model_champions') }}

),

impressions as (

    select * from {{ ref('feat_ad_impressions') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from impressions

),

{{ usable_versions('ad_completion') }}

{{ artifacts_of_usable('ad_completion') }}
